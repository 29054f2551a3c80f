"""The hand-off to generation: when the catalogue has nothing that fits, make it.

- `values`: `GenerationRequest`, `Support`, `GeneratedAudio`; `material`: lyrics, clips, sections and the like;
  `stored`: requests as JSON; `errors`.
- `systems`: the table of generators (`systems.toml`); `capabilities`: what a request needs, and who serves it.
- `backend`: the `Backend` Protocol. `broker`: who gets a request and why; containment, atomic files, provenance.
- `brief`: `parse_brief`, words to a request; `spoken`: chords, lyrics, sections, what files are for.
- `adapters`: systems of others, through diffusers, HTTP or a command.
- Backend `composer` composes and renders on a CPU: `theory`, `styles`, `instruments`, `form`, `harmony`, `melodies` and
  `infilling` (trained models), `quartet`, `skeletons`, `harmonising`, `accompaniment`, `drums`, `score` make the notes,
  `choosing` keeps the best of several, `midi` writes them, `render` and `mastering` make the sound; `extras`,
  `notation`, `stems` what is asked for later.
- Backends `musicgen`, `musicgen-melody`: MusicGen through transformers, for whoever has the weights.
"""
