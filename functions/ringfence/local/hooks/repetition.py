"""What the emulators compute again for each call, with the same result each time.

It took a third of the CPU time of a local AWS. Nothing here changes an answer.
"""

from __future__ import annotations

import functools
import queue
import time
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.mount import MOUNTED
from ringfence.local.hooks.patching import around, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Original = Callable[..., Any]

_KEPT = 4096
_NAMES = {"elasticloadbalancing": "elbv2"}
_keys: dict[tuple[Any, ...], tuple[str, ...]] = {}
_OFFERINGS = "/instance_type_offerings/"


def install() -> None:
    """Compute once what stays the same. Call it before the emulators are imported."""
    import botocore.session
    from moto.utilities import utils

    replace(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
    around(utils, "load_resource", _when_asked_for)

    from ministack.core import iam_evaluator, lambda_runtime, responses
    from ministack.services import dynamodb, lambda_svc
    from ministack.services.cloudformation import handlers

    around(iam_evaluator, "parse_policy_document", _parsed_once(iam_evaluator.parse_policy_document))
    _remember(dynamodb, "_condition_syntax_error")
    _remember(lambda_svc, "parse_arn")
    around(handlers, "_processed_template_body", _without_transform)
    around(lambda_runtime.Worker, "_drain_stderr_bounded", _drained)
    around(responses, "_service_model", _model_of_moto)
    _install_in_moto()


def _install_in_moto() -> None:
    """Change what moto does for each call of the services that it answers for."""
    remember_in_moto()

    from moto.ec2 import utils
    from moto.ec2.models.core import TaggedEC2Resource

    _remember(utils, "simple_aws_filter_to_re")
    around(TaggedEC2Resource, "get_tags", _own_tags)


def remember_in_moto() -> None:
    """Change what moto does for each call of any service. Tests with moto in their own process do so too."""
    import xmltodict
    from moto import backends
    from moto.core import responses, serialize

    # For each call: read moto's folder twice, and look for methods among the members of a class.
    replace(
        backends, "list_of_moto_modules", functools.cache(frozenset(backends.list_of_moto_modules()).copy)
    )
    _remember(responses, "method_names_from_class")
    # For each element of an answer: check its name, and derive the names that its value may have.
    _remember(xmltodict, "_validate_name")
    for picker in (serialize.AttributePicker, serialize.XFormedAttributePicker):
        around(picker, "get_possible_keys", _keys_of)


def _keys_of(original: Original, picker: Any, context: Any) -> tuple[str, ...]:
    """Return the names by which an attribute may be known. They depend on classes and shapes only."""
    place = (type(picker), *picker.alias_providers, type(context.obj), context.key, context.shape)
    if place not in _keys:
        _keys[place] = tuple(dict.fromkeys(original(picker, context)))
    return _keys[place]


def _own_tags(_original: Original, resource: Any) -> list[dict[str, str]]:
    """Tags: moto compares the id of a resource with those of all tagged ones."""
    from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

    if not resource.id:
        return []
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource.id), "")
    tags = resource.ec2_backend.tags.get(resource.id, {})
    return [
        {"resource_id": resource.id, "key": key, "value": value, "resource_type": kind}
        for key, value in tags.items()
    ]


def _remember(owner: object, name: str) -> None:
    """Keep the results of a function of text."""
    replace(owner, name, functools.lru_cache(_KEPT)(getattr(owner, name)))


def _parsed_once(parse: Original) -> Callable[..., Any]:
    """Policies: each call parses all policies of its caller, which are kept as text."""
    parsed = functools.lru_cache(_KEPT)(parse)

    def statements(original: Original, document: Any) -> Any:
        return parsed(document) if isinstance(document, str) else original(document)

    return statements


def _without_transform(original: Original, record: Any) -> Any:
    """GetTemplate: a template is parsed to find out whether it uses macros. Those have this word."""
    body = record.get("_template_body") or "{}"
    return original(record) if "Transform" in body else body


def _drained(
    _original: Original,
    worker: Any,
    first_line_wait: float = 0.05,
    idle_confirm: float = 0.005,
    hard_cap: float = 0.25,
) -> str:
    """Logs of functions: after each event, ministack looks for lines every millisecond. Here it waits."""
    lines: list[str] = []
    end, wait = time.monotonic() + hard_cap, first_line_wait
    while (left := end - time.monotonic()) > 0:
        try:
            lines.append(worker._stderr_queue.get(timeout=min(wait, left)))
        except queue.Empty:
            break
        wait = idle_confirm
    return "\n".join(lines)


def _model_of_moto(original: Original, service: str) -> Any:
    """Models: ministack reads those of the services that moto answers for, which has read them."""
    from moto.core.utils import get_service_model

    named = _NAMES.get(service, service)
    return get_service_model(named) if service in MOUNTED else original(service)


def _when_asked_for(original: Original, path: str) -> Any:
    """Instance types: moto reads what each region and zone offers when it starts."""
    return _Offerings(original, path) if _OFFERINGS in path else original(path)


class _Offerings:
    """The offerings of one region. They are read when they are first looked at after the start."""

    def __init__(self, load: Original, path: str) -> None:
        self._read = functools.cache(lambda: load(path))
        self._kind = path.rpartition(_OFFERINGS)[2].partition("/")[0]
        self._started = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the offerings. moto iterates first to add the kind of the place, which is done here."""
        if not self._started:
            self._started = True
            return
        for one in self._read():
            one["LocationType"] = self._kind
            yield one
