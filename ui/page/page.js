// What the cards do by themselves: reactions, export, following a generation, one player at a time.
(() => {
  const post = (url, body) =>
    fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  const react = async (button) => {
    const card = button.closest("[data-track]");
    const answer = await post(`/v1/sessions/${card.dataset.session}/feedback`, {
      track_id: card.dataset.track, kind: button.dataset.react,
    });
    if (!answer.ok) return;
    card.querySelectorAll("[data-react]").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
  };

  const exportList = async (button) => {
    const note = button.parentElement.querySelector(".tri-note");
    const answer = await post("/v1/playlists", { title: "Trichord", track_ids: button.dataset.ids.split(",") });
    const told = await answer.json();
    if (!answer.ok) { note.textContent = told.detail; return; }
    const link = document.createElement("a");
    link.href = `/v1/playlists/${told.id}/export?format=${button.dataset.export}`;
    link.download = `trichord.${button.dataset.export}`;
    document.body.append(link); link.click(); link.remove();
    note.textContent = `Saved as ${link.download}`;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-react],[data-export]");
    if (!button) return;
    if (button.dataset.react) react(button); else exportList(button);
  });
  document.addEventListener("play", (event) => {
    document.querySelectorAll("audio").forEach((a) => { if (a !== event.target) a.pause(); });
  }, true);

  const follow = async (card) => {
    card.dataset.followed = "1";
    const status = card.querySelector("[role=status]"), bar = card.querySelector("progress");
    for (;;) {
      const answer = await fetch(`/v1/generations/${card.dataset.generation}`);
      const told = await answer.json();
      if (!answer.ok) { status.textContent = told.detail; return; }
      bar.value = told.progress;
      status.textContent = told.message || told.status;
      if (told.status === "done") {
        const r = told.result;
        status.textContent = [`${r.duration_s.toFixed(1)} s`, r.tempo_bpm && `${Math.round(r.tempo_bpm)} BPM`, r.key,
          `seed ${r.seed}`, `made by ${r.backend}`].filter(Boolean).join(" · ");
        const player = document.createElement("audio");
        player.controls = true; player.src = r.audio_url; player.setAttribute("aria-label", "Generated piece");
        card.querySelector(".tri-audio").replaceChildren(player);
        bar.remove();
        return;
      }
      if (told.status === "failed" || told.status === "cancelled") { bar.remove(); return; }
      await new Promise((done) => setTimeout(done, 500));
    }
  };
  // A new question goes to the top of the log and stays there while its answer grows, until the user scrolls.
  let asked = 0, following = false;
  ["wheel", "touchmove", "keydown"].forEach((kind) => document.addEventListener(kind, () => { following = false; }, { passive: true }));
  const scroll = () => {
    const questions = document.querySelectorAll("#tri-log [data-testid=user]");
    if (questions.length !== asked) { asked = questions.length; following = asked > 0; }
    const last = questions[asked - 1];
    let log = last?.parentElement;
    while (log && log.scrollHeight <= log.clientHeight + 1) log = log.parentElement;
    if (following && log && log !== document.documentElement)
      log.scrollTop += last.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
  };
  const watch = () => {
    document.querySelectorAll("[data-generation]:not([data-followed])").forEach(follow);
    requestAnimationFrame(scroll);
  };
  new MutationObserver(watch).observe(document.documentElement, { childList: true, subtree: true });
})();
