"""End with status 1 where this Python mixes up TLS connections, so that Dask would lose work sent to a new worker.

After one write to a connection that its peer has closed, affected versions report an error of that connection on the
next healthy one. Two pairs of sockets in one thread show it.
"""

import datetime
import socket
import ssl
import sys
import tempfile
from pathlib import Path


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a key and a certificate that signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "check")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem", folder / "key.pem"


def pair(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Return the two ends of a connection whose handshake is done."""
    near, far = socket.socketpair()
    for end in (near, far):
        end.setblocking(False)
    ends = (
        server.wrap_socket(near, server_side=True, do_handshake_on_connect=False),
        client.wrap_socket(far, do_handshake_on_connect=False),
    )
    waiting = list(ends)
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                continue
    return ends


def is_right() -> bool:
    """Say whether a healthy connection stays healthy after another one broke."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with tempfile.TemporaryDirectory() as folder:
        server.load_cert_chain(*certificate(Path(folder)))
    broken, peer = pair(server, client)
    healthy, _other = pair(server, client)
    peer.close()
    for _ in range(2):
        try:
            broken.send(b"x")
        except OSError:
            break
    try:
        healthy.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False


if __name__ == "__main__":
    if not is_right():
        sys.exit(
            f"Python {sys.version.split()[0]} mixes up TLS connections: take another base image, see images/README.md"
        )
