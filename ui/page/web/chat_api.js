// The chat's routes: events of a turn as they come, uploads with progress, conversations.
import { ask, fromServer } from "./kit.js";
import { t } from "./chat_texts.js";

const at = (id, rest = "") => `/v1/sessions/${encodeURIComponent(id)}${rest}`;

/** Send a message and hand on each event; throws an Error with the server's sentence, or `broken` where it fell silent. */
export async function talk(body, onevent, signal) {
  let answer;
  try {
    answer = await fetch("/v1/chat", { method: "POST", signal, headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, stream: true }) });
  } catch (fault) { throw silent(fault); }
  if (!answer.ok) {
    const told = await answer.json().catch(() => null);
    throw Object.assign(new Error(fromServer(told?.detail) || t("broken")), { status: answer.status });
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", last = "";
  for (;;) {
    let step;
    try { step = await reader.read(); } catch (fault) { throw silent(fault); }
    if (step.done) break;
    const parts = (rest + step.value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const event = JSON.parse(part.slice(part.indexOf("\ndata: ") + 7));
      last = part.slice(7, part.indexOf("\n"));
      onevent(last, event);
    }
  }
  if (last !== "done" && last !== "error") throw silent(new Error());
}

const silent = (fault) => fault.name === "AbortError" ? fault : Object.assign(new Error(t("broken")), { broken: true });

/** Upload a file for the chat. `onprogress` gets the share that has gone. Returns {done, cancel}. */
export function upload(file, onprogress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/v1/attachments");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onload = () => request.status < 300 ? resolve(request.response)
      : reject(new Error(fromServer(request.response?.detail) || t("uploadBroken")));
    request.onerror = () => reject(new Error(t("uploadBroken")));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}

export const api = {
  limits: () => ask("/v1/attachments"),
  state: (id) => ask(at(id)),
  turns: (id) => ask(at(id, "/turns")),
  rewind: (id, turn) => ask(at(id, "/rewind"), { method: "POST", json: { turn } }),
  react: (id, track_id, kind) => ask(at(id, "/feedback"), { method: "POST", json: { track_id, kind } }),
  without: (id, number) => ask(at(id, `/wishes/${number}`), { method: "DELETE" }),
  weigh: (id, number, weight) => ask(at(id, `/wishes/${number}`), { method: "PATCH", json: { weight } }),
  list: (q, offset, limit) => ask(`/v1/sessions?${new URLSearchParams({ q, offset, limit })}`),
  rename: (id, title) => ask(at(id), { method: "PATCH", json: { title } }),
  remove: (id) => ask(at(id), { method: "DELETE" }),
  share: (id) => ask(at(id, "/share"), { method: "POST" }),
  unshare: (id) => ask(at(id, "/share"), { method: "DELETE" }),
  shared: (token) => ask(`/v1/shared/${encodeURIComponent(token)}`),
};
