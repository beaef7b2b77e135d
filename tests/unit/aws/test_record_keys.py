"""The key of the seals comes from one call to KMS, and never from anything that an operator may call."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.stub import ANY, Stubber

from ringfence.aws.record_keys import AGAIN, DERIVATION, KmsSealKeys, label_of
from ringfence.record.seal import Proof, prove
from tests.support.fakes.chains import KEY, opened
from tests.support.worlds import Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
FIRST, SECOND = (f"arn:aws:kms:{REGION}:111122223333:key/{id_}" for id_ in ("k-1", "k-2"))


class Kms:
    """Answers GenerateMac with the MAC that it is given for a key, or with an error of KMS."""

    def __init__(self) -> None:
        self.macs = {FIRST: "Zmlyc3Q=", SECOND: "c2Vjb25k"}
        self.asked: list[dict[str, str]] = []
        self.signed: list[str] = []
        kms = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                kms.asked.append(request)
                kms.signed.append(self.headers["Authorization"])
                assert self.headers["X-Amz-Target"] == "TrentService.GenerateMac"
                mac = kms.macs.get(request["KeyId"])
                denied = {"__type": "AccessDeniedException", "Message": "no"}
                answer = {"KeyId": request["KeyId"], "Mac": mac} if mac else denied
                self.send_response(200 if mac else 400)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    made = Kms()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.server.server_port}")
    yield made
    made.server.shutdown()
    made.server.server_close()


def keys(*arns: str, clock: Ticking | None = None) -> KmsSealKeys:
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    return KmsSealKeys(arns, lambda: session, clock or Ticking())


def test_one_call_derives_the_key_for_good(kms: Kms) -> None:
    found = keys(FIRST)
    assert found.known().missing
    assert found.keys() is found.keys() is found.known()
    entries = found.known().sealed(KEY, opened())
    assert prove(KEY, entries, found.keys(), found.labels) == Proof()
    assert len(kms.asked) == 1
    assert kms.signed[0].startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert f"/{REGION}/kms/aws4_request" in kms.signed[0]


def test_the_request_is_one_that_the_model_of_kms_knows(kms: Kms) -> None:
    keys(FIRST).keys()
    client = botocore.session.Session().create_client(
        "kms", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with Stubber(client) as stub:
        stub.add_response("generate_mac", {"Mac": b"first", "KeyId": FIRST}, dict.fromkeys(kms.asked[0], ANY))
        sent = {**kms.asked[0], "Message": DERIVATION}
        answer = client.generate_mac(**sent)  # type: ignore[attr-defined]  # made at run time
        assert answer["Mac"] == b"first"


def test_a_replaced_key_seals_no_more_and_still_checks(kms: Kms) -> None:
    old = keys(FIRST).keys().sealed(KEY, opened())
    both = keys(SECOND, FIRST)
    assert prove(KEY, old, both.keys(), both.labels) == Proof()
    assert both.known().sealed(KEY, opened())[0].mac.split(":")[1] == label_of(SECOND) == "k-2"
    del kms.macs[FIRST]
    without = keys(SECOND, FIRST)
    proof = prove(KEY, old, without.keys(), without.labels)
    assert proof == Proof(unchecked=(0, 1))


def test_a_denial_is_a_reason_and_asked_again_after_a_while(kms: Kms) -> None:
    clock = Ticking()
    found = keys(FIRST, clock=clock)
    kept = kms.macs.pop(FIRST)
    assert "AccessDeniedException: no" in found.keys().missing
    assert found.known().sealed(KEY, opened()) == opened()
    kms.macs[FIRST] = kept
    assert found.keys().missing
    assert len(kms.asked) == 1
    clock.now += AGAIN
    assert found.keys().keys
    assert len(kms.asked) == 2


def test_an_answer_without_a_mac_is_a_reason(kms: Kms) -> None:
    kms.macs[FIRST] = "not base64"
    assert keys(FIRST).keys().missing


def test_a_kms_that_cannot_be_reached_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "kms:GenerateMac" in keys(FIRST).keys().missing


def test_without_a_key_nothing_is_called(kms: Kms) -> None:
    assert keys().keys().missing
    assert not kms.asked


def test_reads_at_the_same_time_ask_once(kms: Kms) -> None:
    found, start = keys(FIRST), Barrier(4)

    def ask() -> None:
        start.wait()
        found.keys()

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(kms.asked) == 1
