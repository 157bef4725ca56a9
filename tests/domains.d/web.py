"""The web servers of the domains: hands out the files of FILES ("## HOST", path, text) by their host, and prints
what it is asked. usage: web.py DIRECTORY-OF-CERTIFICATE FILES"""

import re
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

directory, files = map(Path, sys.argv[1:])
known = {
    (host, path): text
    for host, path, text in re.findall(r"^## (\S+)\n(\S+)\n((?:(?!## ).*\n)*)", files.read_text(), re.M)
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.headers["Host"]
        print("GET", host, self.path, flush=True)
        text = known.get((host, self.path), "").encode()
        self.send_response(200 if text else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(directory / "web.pem", directory / "key.pem")
server = ThreadingHTTPServer(("127.0.0.1", 443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
