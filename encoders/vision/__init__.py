"""Pictures to vectors and facts: `efficientnet` (concepts), `dinov2`, `clip` (from a hub), `look` (colour, motion)."""
