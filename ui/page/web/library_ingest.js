// Adding music: files dropped or chosen, folders of the server; progress that outlives a reload; quarantine.
import { fromServer } from "./kit.js";
import { alertBox, ask, clock, el, showFault } from "./library_kit.js";
import { t } from "./library_texts.js";

const OPEN = ["queued", "running"];

export class IngestView {
  constructor(library) {
    this.library = library;
    this.fault = alertBox();
    this.folderFault = alertBox();
    this.sent = el("div.tri-lib-sent", { role: "status" });
    this.jobs = el("ul.tri-lib-jobs");
    this.quarantine = el("div");
    this.folder = el("div.tri-lib-folder");
    const block = (title, ...nodes) => el("section.tri-lib-block", {}, el("h3", {}, title), ...nodes);
    this.nodes = [el("div.tri-lib-blocks.tri-lib-two", {},
      block(t("upload"), this.#dropZone(), this.sent, this.fault), block(t("folder"), this.folder, this.folderFault)),
    block(t("jobs"), this.jobs), block(t("quarantine"), this.quarantine)];
  }
  shown() { this.#browse(null); this.#follow(); this.#problems(); }

  #dropZone() {
    this.input = el("input", { type: "file", multiple: true, accept: ".mp3,.flac,.ogg,.oga,.opus,.m4a,.wav,.zip,.pk3",
      "aria-label": t("choose"), onchange: () => { this.#upload([...this.input.files]); this.input.value = ""; } });
    const zone = el("div.tri-lib-drop", {
      ondragover: (e) => { e.preventDefault(); zone.classList.add("tri-lib-over"); },
      ondragleave: () => zone.classList.remove("tri-lib-over"),
      ondrop: (e) => { e.preventDefault(); zone.classList.remove("tri-lib-over"); this.#upload([...e.dataTransfer.files]); },
    }, el("p", {}, t("drop")), el("label.tri-lib-btn.tri-lib-main.tri-lib-file", {}, t("choose"), this.input), el("p.tri-lib-hint", {}, t("formats")));
    return zone;
  }

  async #upload(files) {
    this.fault.textContent = "";
    const ids = [], refused = [];
    for (const file of files) {
      try { ids.push((await this.#send(file)).id); } catch (fault) { refused.push(fault.message); }
    }
    this.sent.textContent = "";
    if (refused.length) this.fault.textContent = refused.join(" ");
    if (ids.length) await this.#start({ uploads: ids }, this.fault);
  }
  #send(file) {
    // fetch tells nothing of how far an upload is.
    return new Promise((done, failed) => {
      const form = new FormData(), request = new XMLHttpRequest();
      form.append("file", file);
      request.upload.onprogress = (e) => {
        if (e.lengthComputable) this.sent.textContent = t("uploading", { name: file.name, p: Math.round((e.loaded / e.total) * 100) });
      };
      request.onload = () => {
        let told = null;
        try { told = JSON.parse(request.responseText); } catch { /* no JSON: told below */ }
        if (request.status < 300 && told) done(told); else failed(new Error(fromServer(told?.detail) || t("broke")));
      };
      request.onerror = () => failed(new Error(t("offline")));
      request.open("POST", "/v1/library/uploads");
      request.send(form);
    });
  }

  async #start(body, box) {
    try {
      await ask("/v1/library/ingests", { method: "POST", json: body });
      this.#follow();
    } catch (fault) { showFault(box, fault); }
  }

  async #browse(path) {
    this.folderFault.textContent = "";
    try {
      const told = await ask(`/v1/library/folders${path ? `?path=${encodeURIComponent(path)}` : ""}`);
      const open = (f, label) => el("li", {}, el("button.tri-lib-btn", { type: "button", onclick: () => this.#browse(f) }, label));
      this.folder.replaceChildren(...[
        told.remedy && el("p.tri-lib-hint", {}, fromServer(told.remedy)),
        told.path && el("p", {}, el("code", {}, told.path)),
        told.path && el("p.tri-lib-hint", {}, t("here", { n: told.audio })),
        told.path && el("div.tri-lib-row", {}, el("button.tri-lib-btn.tri-lib-main", { type: "button", onclick: () => this.#start({ path: told.path }, this.folderFault) }, t("ingestFolder")),
          el("button.tri-lib-btn", { type: "button", onclick: () => this.#browse(told.parent) }, told.parent ? t("up") : t("openFolders"))),
        el("ul.tri-lib-dirs", {}, told.folders.map((f) => open(f.path, f.name))),
      ].filter(Boolean));
    } catch (fault) { showFault(this.folderFault, fault); }
  }

  async #follow() {
    clearTimeout(this.timer);
    try {
      const told = await ask("/v1/library/ingests");
      const running = told.ingests.some((j) => OPEN.includes(j.status));
      this.#show(told.ingests.slice(0, 8));
      if (this.wasRunning && !running) {
        this.#problems();
        this.library.dispatchEvent(new CustomEvent("tri-lib-changed"));
      }
      this.wasRunning = running;
      if (running) this.timer = setTimeout(() => this.#follow(), 1500);
    } catch (fault) {
      showFault(this.fault, fault);
      // A server that restarts is back in a moment.
      this.timer = setTimeout(() => this.#follow(), 3000);
    }
  }

  #show(jobs) {
    const counted = (o) => Object.entries(o).map(([name, n]) => t(`o_${name}`, { n })).join(", ");
    const job = (j) => {
      const open = OPEN.includes(j.status);
      const bar = el("progress", { max: 1, "aria-label": j.names.join(", ") || t("jobs") });
      // Without a value the bar says: it is not known yet how much there is.
      if (j.total !== null) bar.value = j.progress;
      // What a finished one did is counted above.
      const told = open && j.current ? j.current : j.status === "done" && Object.keys(j.outcomes).length ? "" : fromServer(j.message);
      const known = this.openJobs?.has(j.id) ?? false;
      return el("li.tri-lib-job", { "data-status": j.status },
        el("div.tri-lib-row", {}, el(`span.tri-lib-badge.tri-lib-${j.status}`, {}, t(`st_${j.status}`)), el("strong", {}, j.names.join(", ").slice(0, 80)),
          el("span.tri-lib-hint", {}, [j.total !== null && t("ofFiles", { done: j.done, total: j.total }), counted(j.outcomes),
            open && j.eta_s >= 1 && t("eta", { s: clock(j.eta_s) })].filter(Boolean).join(" · ")),
          open && el("button.tri-lib-btn", { type: "button", onclick: () => this.#cancel(j.id) }, t("cancelJob"))),
        open ? bar : null, told ? el("p.tri-lib-hint", {}, told) : null,
        j.problems.length ? el("details", { open: known, ontoggle: (e) => this.#remember(j.id, e.target.open) }, el("summary", {}, t("setAside", { n: j.outcomes.quarantined || j.problems.length })),
          el("ul", {}, j.problems.map((p) => el("li", {}, el("strong", {}, p.name), ` ${fromServer(p.reason)}`)))) : null);
    };
    const shown = JSON.stringify(jobs);
    if (shown === this.shownJobs) return;
    this.shownJobs = shown;
    this.jobs.replaceChildren(...(jobs.length ? jobs.map(job) : [el("li", {}, t("noJobs"))]));
  }
  #remember(id, open) { this.openJobs ??= new Set(); if (open) this.openJobs.add(id); else this.openJobs.delete(id); }

  async #cancel(id) {
    try { await ask(`/v1/library/ingests/${id}`, { method: "DELETE" }); } catch (fault) { showFault(this.fault, fault); }
    this.#follow();
  }

  async #problems() {
    const box = alertBox();
    try {
      const told = await ask("/v1/library/quarantine");
      const retry = async () => {
        try { await ask("/v1/library/quarantine/retry", { method: "POST" }); this.#follow(); } catch (fault) { showFault(box, fault); }
      };
      this.quarantine.replaceChildren(...(told.files.length ? [
        el("p.tri-lib-hint", {}, t("setAside", { n: told.total })),
        el("ul.tri-lib-lines", {}, told.files.map((f) => el("li", {}, el("strong", {}, f.name), el("span.tri-lib-hint", {}, fromServer(f.reason)), el("code", {}, f.path)))),
        el("button.tri-lib-btn", { type: "button", onclick: retry }, t("retry"))] : [el("p", {}, t("noQuarantine"))]), box);
    } catch (fault) { this.quarantine.replaceChildren(box); showFault(box, fault); }
  }
}
