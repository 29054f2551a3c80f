"""Two sample clips, made by ``make.py``, served below ``/web/samples/``."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI, Response

NAMES = frozenset({"sea.mp4", "drive.mp4"})


def serve(api: FastAPI) -> None:
    """Serve the clips, for the page's video desk to upload like a visitor's own."""

    @api.get("/web/samples/{name}", include_in_schema=False)
    def sample(name: str) -> Response:
        if name not in NAMES:
            return Response("There is no such clip.", 404, media_type="text/plain")
        return Response(files(__package__).joinpath(name).read_bytes(), media_type="video/mp4")
