// The way in: a clip dropped, chosen, or one of the two samples.

import { upload } from "./desk_api.js";
import { h } from "./desk_dom.js";
import { notice } from "./desk_parts.js";
import { percent, t } from "./desk_texts.js";

const TYPES = ".mp4,.m4v,.mov,.mkv,.webm,.avi,.mpg,.mpeg,.ts,.wmv,.flv,.ogv,.3gp,video/*";

export function uploadPanel(desk) {
  const picker = h("input", { type: "file", accept: TYPES, class: "desk-hidden", tabindex: "-1", "aria-hidden": "true",
    onchange: () => { const [file] = picker.files; picker.value = ""; if (file) send(file); } });
  const choose = h("button", { type: "button", class: "desk-primary", onclick: () => picker.click() }, t("chooseFile"));
  const samples = ["sea", "drive"].map((name) =>
    h("button", { type: "button", dataset: { sample: name }, onclick: () => sample(name) }, t(name)));
  const bar = h("progress", { max: "1", value: 0, "aria-label": t("looking") });
  const words = h("p", { role: "status" });
  const stop = h("button", { type: "button", onclick: () => cancel() }, t("cancel"));
  const idle = h("div", { class: "desk-idle" }, h("p", { class: "desk-big" }, t("drop")), choose,
    h("p", { class: "desk-soft" }, t("dropHint")), h("p", { class: "desk-samples" }, h("span", {}, t("samples")), samples));
  const busy = h("div", { class: "desk-busy", hidden: true }, words, bar, stop);
  const zone = h("div", { class: "desk-drop" }, idle, busy, picker);
  let cancel = () => {};

  const show = (sending) => { idle.hidden = sending; busy.hidden = !sending; };

  async function send(file) {
    if (file.type && !/^(video|image|application\/(mp4|octet-stream|x-matroska|ogg|mxf))/.test(file.type)) {
      desk.tell("upload", t("notVideo", { name: file.name }));
      return;
    }
    desk.tell("upload", "");
    show(true);
    stop.focus();
    const going = upload(file, (share) => {
      if (share < 1) bar.value = share; else bar.removeAttribute("value");
      words.textContent = share < 1 ? t("uploading", { name: file.name, share: percent(share) }) : t("looking");
    });
    cancel = going.cancel;
    try {
      const film = await going.done;
      await desk.open(film);
    } catch (error) {
      desk.tell("upload", error.name === "AbortError" ? t("uploadCancelled") : error.message);
    } finally {
      show(false);
      bar.value = 0; words.textContent = "";
      if (!desk.film) choose.focus();
    }
  }

  async function sample(name) {
    desk.tell("upload", "");
    try {
      const answer = await fetch(`/web/samples/${name}.mp4`);
      if (!answer.ok) throw new Error();
      await send(new File([await answer.blob()], `${name}.mp4`, { type: "video/mp4" }));
    } catch {
      desk.tell("upload", t("offline"));
    }
  }

  let depth = 0;
  const inside = (step) => { depth = Math.max(0, depth + step); zone.classList.toggle("desk-over", depth > 0); };
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); inside(1); });
  zone.addEventListener("dragleave", () => inside(-1));
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault(); event.stopPropagation();
    depth = 0; inside(0);
    const [file] = event.dataTransfer.files;
    if (file && busy.hidden) send(file);
  });
  return h("section", { class: "desk-upload", "aria-label": t("chooseFile") }, zone, notice(desk, "upload"));
}
