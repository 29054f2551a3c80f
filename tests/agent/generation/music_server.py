"""Servers that make music, in a thread: ACE-Step 1.5 after its published REST API, and others that misbehave.

Source: https://github.com/ace-step/ACE-Step-1.5, docs/en/API.md.
"""

import email.parser
import email.policy
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import soundfile


def tone(seconds, hz=220.0, form="FLAC"):
    """Return a sound file with a chord."""
    t = np.arange(round(44_100 * seconds)) / 44_100
    wave = 0.2 * (np.sin(2 * np.pi * hz * t) + np.sin(2 * np.pi * 1.5 * hz * t))
    sink = io.BytesIO()
    soundfile.write(sink, np.stack([wave, wave], axis=1), 44_100, format=form)
    return sink.getvalue()


class MusicServer:
    """Keeps tasks, what it was asked, and `answers` (path -> a function of the handler) that replace its own."""

    def __init__(self, polls=1, key=None):
        self.polls, self.key = polls, key
        self.tasks, self.asked, self.answers = {}, [], {}
        self.closed_early = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self._answer(outer.read(self.headers.get("content-type", ""), body))

            def do_GET(self):
                self._answer({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})

            def _answer(self, given):
                path = urlsplit(self.path).path
                outer.asked.append((path, given))
                try:
                    if path in outer.answers:
                        outer.answers[path](self)
                    elif outer.key and self.headers.get("authorization") != f"Bearer {outer.key}":
                        self.reply(401, b'{"detail": "no key"}', "application/json")
                    else:
                        outer.respond(self, path, given)
                except (BrokenPipeError, ConnectionResetError):
                    outer.closed_early.set()

            def reply(self, status, body, kind, **headers):
                self.send_response(status)
                self.send_header("content-type", kind)
                for name, value in ({"content-length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    @staticmethod
    def read(kind, body):
        """Return the fields of a JSON body or a form; of a file its bytes."""
        if kind.startswith("application/json"):
            return json.loads(body)
        message = email.parser.BytesParser(policy=email.policy.default).parsebytes(
            f"content-type: {kind}\r\n\r\n".encode() + body
        )
        parts = [(part.get_param("name", header="content-disposition"), part) for part in message.iter_parts()]
        return {name: part.get_payload(decode=True) if part.get_filename() else part.get_content().strip()
                for name, part in parts}  # fmt: skip

    def respond(self, handler, path, given):
        if path == "/release_task":
            task = f"task-{len(self.tasks)}"
            self.tasks[task] = [given, self.polls]
            self.wrapped(handler, {"task_id": task, "status": "queued", "queue_position": 1})
        elif path == "/query_result":
            self.wrapped(handler, [self.state(task) for task in given["task_id_list"]])
        elif path == "/v1/audio":
            given = self.tasks[given["path"].removeprefix("/tmp/").removesuffix(".flac")][0]
            hz = 200.0 + int(given["seed"]) % 100
            handler.reply(200, tone(float(given["audio_duration"]), hz), "audio/flac")
        else:
            handler.reply(404, b"nothing here", "text/plain")

    def state(self, task):
        self.tasks[task][1] -= 1
        if self.tasks[task][1] > 0:
            return {"task_id": task, "status": 0, "result": "[]"}
        piece = {"file": f"/v1/audio?path=%2Ftmp%2F{task}.flac", "wave": "", "status": 1, "metas": {}}
        return {"task_id": task, "status": 1, "result": json.dumps([piece])}

    @staticmethod
    def wrapped(handler, data, code=200, error=None):
        body = {"data": data, "code": code, "error": error, "timestamp": 1, "extra": None}
        handler.reply(200, json.dumps(body).encode(), "application/json")


def endless(handler):
    """Send a sound that has two gigabytes, by and by, and does not say how large it is."""
    handler.send_response(200)
    handler.send_header("content-type", "audio/flac")
    handler.end_headers()
    for _ in range(2048):
        handler.wfile.write(b"\0" * (1 << 20))


def silent(handler):
    """Take the request and answer nothing."""
    time.sleep(30)
