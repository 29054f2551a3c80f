"""How generators that others wrote are reached: each adapter turns an entry of the table into a `Backend`.

- `base`: `SystemBackend`, what all share: support by the table, mastering, the file.
- `clips`: recordings that were handed over, decoded in a capped child.
- `diffusion`: pipelines of diffusers. `server`: the client of any HTTP server; `ace_step`, `http` speak through it.
- `program`: a command with a JSON request and a sound file.
- MusicGen, through transformers, is `agent.generation.musicgen`.
"""
