"""A small OpenSubsonic server in a thread, after the public specification: token auth, search3, playlists, errors."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "ada", "sésame & co"


def song(song_id, title, artist, duration, **more):
    return {"id": song_id, "title": title, "artist": artist, "duration": duration, "isDir": False, **more}


class SubsonicServer:
    """What the server has, what it was asked, and how it should misbehave (`answer`: path -> status, headers, body)."""

    def __init__(self, extensions=("formPost",)):
        self.songs, self.playlists, self.asked, self.answer = [], {}, [], {}
        self.extensions = extensions
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._reply(urlsplit(self.path).query, "GET")

            def do_POST(self):
                self._reply(self.rfile.read(int(self.headers["content-length"])).decode(), "POST")

            def _reply(self, query, verb):
                path = urlsplit(self.path).path
                given = parse_qs(query, keep_blank_values=True)
                outer.asked.append((verb, path, given))
                status, headers, body = outer.answer.get(path) or (200, {}, json.dumps(outer.respond(path, given)))
                data = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in ({"content-type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.netloc = f"127.0.0.1:{self._http.server_port}"
        self.url = f"http://{self.netloc}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def respond(self, path, given):
        method = path.removeprefix("/rest/").removesuffix(".view")
        if method != "getOpenSubsonicExtensions":
            missing = [name for name in ("u", "t", "s", "v", "c") if name not in given]
            if missing:
                return self._failed(10, f"Required parameter '{missing[0]}' is missing")
            token = hashlib.md5((PASSWORD + given["s"][0]).encode()).hexdigest()
            if given["u"] != [USER] or given["t"] != [token] or len(given["s"][0]) < 6:
                return self._failed(40, "Wrong username or password")
        handler = getattr(self, f"_{method}", None)
        return self._failed(0, "unknown method") if handler is None else handler(given)

    def _ok(self, **content):
        head = {"status": "ok", "version": "1.16.1", "type": "toy", "serverVersion": "1", "openSubsonic": True}
        return {"subsonic-response": head | content}

    def _failed(self, code, message):
        error = {"code": code, "message": message}
        return {"subsonic-response": {"status": "failed", "version": "1.16.1", "openSubsonic": True, "error": error}}

    def _ping(self, _):
        return self._ok()

    def _getOpenSubsonicExtensions(self, _):
        return self._ok(openSubsonicExtensions=[{"name": n, "versions": [1]} for n in self.extensions])

    def _search3(self, given):
        offset, count = int(given["songOffset"][0]), int(given["songCount"][0])
        words = given["query"][0].casefold()
        found = [s for s in self.songs if words in s["title"].casefold()]
        return self._ok(searchResult3={"song": found[offset : offset + count]})

    def _getPlaylists(self, _):
        return self._ok(playlists={"playlist": [self._shape(i) for i in self.playlists]})

    def _getPlaylist(self, given):
        return self._one(given["id"][0])

    def _createPlaylist(self, given):
        ids = given.get("songId", [])
        if "playlistId" in given:
            playlist_id = given["playlistId"][0]
            if playlist_id not in self.playlists:
                return self._failed(70, "Playlist not found")
            self.playlists[playlist_id]["songs"] = ids
        else:
            playlist_id = f"p{len(self.playlists) + 1}"
            self.playlists[playlist_id] = {"name": given["name"][0], "comment": "", "songs": ids}
        return self._one(playlist_id)

    def _updatePlaylist(self, given):
        stored = self.playlists.get(given["playlistId"][0])
        if stored is None:
            return self._failed(70, "Playlist not found")
        stored["songs"] = [*stored["songs"], *given.get("songIdToAdd", [])]
        stored["name"] = given.get("name", [stored["name"]])[0]
        return self._ok()

    def _one(self, playlist_id):
        if playlist_id not in self.playlists:
            return self._failed(70, "Playlist not found")
        by_id = {s["id"]: s for s in self.songs}
        entries = [by_id[i] for i in self.playlists[playlist_id]["songs"]]
        return self._ok(playlist=self._shape(playlist_id) | {"entry": entries})

    def _shape(self, playlist_id):
        stored = self.playlists[playlist_id]
        return {
            "id": playlist_id,
            "name": stored["name"],
            "comment": stored.get("comment", ""),
            "owner": USER,
            "songCount": len(stored["songs"]),
        }
