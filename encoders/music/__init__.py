"""Sound to vectors and facts: `musicnn` (tags, embedding), `measure` (tempo, key, loudness), `clap` (from a hub)."""
