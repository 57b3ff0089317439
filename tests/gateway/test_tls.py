import ssl

from tornado.iostream import IOStream, SSLIOStream

from gaia_vre.gateway.tls import guard_streams


def test_closing_a_stream_starts_a_tls_object_after_it(monkeypatch):
    done = []
    monkeypatch.setattr(IOStream, "close_fd", lambda stream: done.append("closed"))
    started = ssl.SSLContext.wrap_bio
    monkeypatch.setattr(ssl.SSLContext, "wrap_bio", lambda *given, **named: done.append(started(*given, **named)))
    guard_streams()
    SSLIOStream.close_fd(object())
    assert [type(each) for each in done] == [str, ssl.SSLObject]
