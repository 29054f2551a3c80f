"""The infilling model: parts of a texture from any of the others, by discrete diffusion over a score in two dimensions.

`grid` says what a cell may hold, `sheets` reads scores into grids, `network` is the model in NumPy, `masking` and
`training` train it in torch, `filling` unmasks what is missing. `infilling.npz` are its weights.
"""
