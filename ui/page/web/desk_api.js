// The REST routes of the desk: answers as JSON, errors as one sentence.

import { fromServer } from "./kit.js";
import { t } from "./desk_texts.js";

export class Problem extends Error {
  constructor(status, message, etag = null) {
    super(message);
    this.status = status;
    this.etag = etag;
  }
}

/** Ask a route. Returns {told, etag}; throws a Problem with the server's sentence. */
export async function ask(url, { method = "GET", json, etag, signal } = {}) {
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  let answer;
  try {
    answer = await fetch(url, { method, headers, signal, body: json === undefined ? undefined : JSON.stringify(json) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, t("offline"));
  }
  if (!answer.ok) throw new Problem(answer.status, await sentence(answer), answer.headers.get("ETag"));
  const told = answer.status === 204 ? null : await answer.json();
  return { told, etag: answer.headers.get("ETag") };
}

async function sentence(answer) {
  try {
    return fromServer((await answer.json()).detail) || t("failed");
  } catch {
    return t("failed");
  }
}

/** Send a clip. `onprogress` gets the share that has gone, then 1. Returns {done, cancel}. */
export function upload(file, onprogress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/v1/films");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.upload.onload = () => onprogress(1);
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Problem(request.status, fromServer(request.response?.detail) || t("failed")));
    };
    request.onerror = () => reject(new Problem(0, t("uploadBroken")));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    const form = new FormData();
    form.append("video", file, file.name);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}

export const query = (told) =>
  new URLSearchParams(Object.entries(told).filter(([, value]) => value !== null && value !== undefined && value !== ""));
