"""The hand-off to generation: when the catalogue has nothing that fits, make it.

- `values`: `GenerationRequest`, `Support`, `GeneratedAudio`, the errors.
- `backend`: the `Backend` Protocol. `broker`: who gets a request and why; containment, atomic files, provenance.
- `brief`: `parse_brief`, words to a request.
- Backend `composer` composes and renders on a CPU: `theory`, `styles`, `instruments`, `form`, `harmony`, `melodies`
  (a trained model), `accompaniment`, `drums`, `score` make the notes, `choosing` keeps the best of several, `midi`
  writes them, `render` and `mastering` make the sound; `extras`, `notation`, `stems` what is asked for later.
- Backend `musicgen`: MusicGen through transformers, for whoever has the weights.
"""
