"""The demo catalogue: free game music out of Debian packages, downloaded but never installed.

- `packages.toml`, `table`: which packages, which files inside, who made them, under which licence.
- `debs`: apt and dpkg as the way to fetch and to open a package.
- `extract`: the wanted audio out of a package (also out of .pk3/.zip inside it, also mixed from stems).
- `sidecar`: `trichord.toml` beside the audio; what a file's tags do not say.
- `fetch`: `fetch_demo`, the one entry.
"""
