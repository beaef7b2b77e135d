"""Read rule files, check all of them, and return their rules. Pure but for the reading of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.policy.decision import Mode
from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.shape import shape_flaws
from ringfence.policy.yaml_source import Flaw, read_yaml
from ringfence.posture import expression
from ringfence.posture.build import Builder
from ringfence.posture.expression import Expression
from ringfence.posture.items import resource_of
from ringfence.posture.manual_file import control_flaws, control_notes, controls_in
from ringfence.posture.mappings import every_mapping
from ringfence.posture.profile import Profile, profile_flaws, profiles_in
from ringfence.posture.rule import Resource, Rule, Scope, ScopedMode
from ringfence.posture.schema import MANUAL, RULES, SCHEMA
from ringfence.posture.tagged import tree_of, without_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path as FilePath

    from ringfence.policy.yaml_source import Located, Path
    from ringfence.posture.conditions import Condition
    from ringfence.posture.manual import ManualControl

EXAMPLES = ("passes", "fails")
_PLACE = {"accountId": "111122223333", "awsRegion": "eu-west-1", "resourceId": "example"}


class InvalidRules(BadInput):
    """Invalid rule files. `flaws` are the errors, with the file of each, in the order of lines."""

    def __init__(self, flaws: tuple[tuple[str, Flaw], ...]) -> None:
        self.flaws = flaws
        lines = (f"  {name}:{flaw}" for name, flaw in flaws)
        super().__init__("rules", "\n".join(("are not valid", *lines)))


@frozen
class Known:
    """The names that rules and profiles may use: ids of remediations and controls, and names of rules.

    `frameworks` are names that no profile can have. `verdicts` are the managed rules of AWS Config that each
    remediation answers.
    """

    remediations: Collection[str]
    controls: Collection[str]
    rules: Collection[str] = ()
    frameworks: Collection[str] = ()
    verdicts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@frozen
class Example:
    """An item, and whether the rule passes it."""

    passes: bool
    resource: Resource
    line: int


@frozen
class Loaded:
    """A rule with its examples, and its place. `notes` are about what is valid and probably not meant."""

    rule: Rule
    examples: tuple[Example, ...]
    file: str
    line: int
    notes: tuple[Flaw, ...] = ()


@frozen
class RuleFiles:
    """The rules, the profiles and the manual controls of some files, in their order.

    `notes` are about manual controls, with the file of each. Those about rules are with the rules.
    """

    rules: tuple[Loaded, ...]
    profiles: tuple[Profile, ...] = ()
    manual: tuple[ManualControl, ...] = ()
    notes: tuple[tuple[str, Flaw], ...] = ()


def load_rules(paths: Iterable[FilePath], known: Known) -> RuleFiles:
    """Read rule files.

    Parameters
    ----------
    paths
        Files, and folders whose `*.yaml` and `*.yml` files are read in order.
    known
        The names that rules may use.

    Returns
    -------
    RuleFiles
        In the order of the files.

    Raises
    ------
    BadInput
        A file cannot be read, or is no YAML.
    InvalidRules
        With every error of every file, its line and its field.

    """
    loaded: list[Loaded] = []
    flaws: list[tuple[str, Flaw]] = []
    names: dict[str, str] = {}
    documents = [(path, _document(path)) for path in _files(paths)]
    for path, document in documents:
        found, wrong = _rules(document, str(path), known)
        for one in found:
            if one.rule.name in names:
                at = ("name", f"is also the name of the rule at {names[one.rule.name]}")
                wrong.append(Flaw(one.line, 1, *at))
            names.setdefault(one.rule.name, f"{one.file}:{one.line}")
        loaded += found
        flaws += [(str(path), flaw) for flaw in wrong]
    manual: list[ManualControl] = []
    notes: list[tuple[str, Flaw]] = []
    for path, document in documents:
        data = tree_of(document)
        taken = {name: f"the rule at {place}" for name, place in names.items()}
        taken |= {one.name: "another manual control" for one in manual}
        found_flaws = control_flaws(data, path.parent, known.controls, taken)
        flaws += [(str(path), document.flaw(*one)) for one in found_flaws]
        manual += controls_in(data, path.parent)
        notes += [(str(path), document.flaw(*one)) for one in control_notes(data, path.parent)]
    profiles: list[Profile] = []
    known_rules = {*known.rules, *names, *(one.name for one in manual)}
    for path, document in documents:
        data = tree_of(document)
        names_taken = {*known.frameworks, *(one.name for one in profiles)}
        told = profile_flaws(data, known.controls, known_rules, names_taken)
        flaws += [(str(path), document.flaw(*one)) for one in told]
        profiles += profiles_in(data)
    if flaws:
        order = {str(path): place for place, (path, _) in enumerate(documents)}
        raise InvalidRules(tuple(sorted(set(flaws), key=lambda one: (order[one[0]], one[1]))))
    return RuleFiles(tuple(loaded), tuple(profiles), tuple(manual), tuple(notes))


def _files(paths: Iterable[FilePath]) -> Iterator[FilePath]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.suffix in {".yaml", ".yml"})
        else:
            yield path


def _document(path: FilePath) -> Located:
    try:
        return read_yaml(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8 text"
        raise BadInput(str(path), f"cannot be read: {why}") from error


def _rules(document: Located, file: str, known: Known) -> tuple[list[Loaded], list[Flaw]]:
    data = tree_of(document)
    schema = SCHEMA if get(data, MANUAL) is None else {**SCHEMA, "required": []}
    flaws = [document.flaw(path, problem) for path, problem in shape_flaws(schema, without_tags(data))]
    loaded = []
    for index, given in enumerate(items_of(get(data, RULES))):
        reader = _Reader(document, (RULES, index), mapping_of(given), known)
        one = reader.loaded(file)
        flaws += reader.flaws
        if not flaws:
            loaded.append(one)
    return loaded, flaws


class _Reader:
    """Reads one rule. `flaws` are its errors."""

    def __init__(self, document: Located, at: Path, given: Mapping[str, object], known: Known) -> None:
        self.document, self.at, self.given, self.known = document, at, given, known
        self.flaws: list[Flaw] = []
        self.notes: list[Flaw] = []
        self.types = tuple(one for one in items_of(given.get("resource_types")) if isinstance(one, str))

    def loaded(self, file: str) -> Loaded:
        """Return the rule with its examples."""
        name = str(self.given.get("name", ""))
        self._names()
        rule = Rule(
            name,
            str(self.given.get("title") or name.replace("-", " ")),
            self.types,
            tuple(self._requirements()),
            self._expression(),
            _scope(self.given.get("scope")),
            str(self.given.get("severity", "medium")),
            _texts(self.given.get("controls")),
            str(self.given.get("remediation", "")),
            _modes(self.given.get("mode")),
            " ".join(str(self.given.get("rationale", "")).split()),
            _texts(self.given.get("references")),
            config_rule=self._config_rule(),
        )
        line = self.document.flaw(self.at, "").line
        return Loaded(rule, tuple(self._examples()), file, line, tuple(self.notes))

    def _names(self) -> None:
        for index, type_ in enumerate(self.types):
            if type_ not in every_mapping():
                words = f"is no type that rules can be about{meant(type_, every_mapping())}"
                self._wrong(("resource_types", index), words)
        for index, control in enumerate(_texts(self.given.get("controls"))):
            if control not in self.known.controls:
                self._wrong(("controls", index), f"is no control{meant(control, self.known.controls)}")
        remediation = self.given.get("remediation")
        if isinstance(remediation, str) and remediation not in self.known.remediations:
            words = f"is no remediation{meant(remediation, self.known.remediations)}"
            self._wrong(("remediation",), words)

    def _config_rule(self) -> str:
        """Return the rule of AWS Config whose verdict is handed over."""
        given, remediation = self.given.get("config_rule"), str(self.given.get("remediation", ""))
        known = self.known.verdicts.get(remediation, ())
        if not isinstance(given, str):
            if len(known) > 1:
                words = f"answers {', '.join(known)}: a violation is handed over as the first one, unless "
                note = f"{words}`config_rule` names another"
                self.notes.append(self.document.flaw((*self.at, "remediation"), note))
            return ""
        if given not in known:
            which = f"is none that {remediation} answers" if remediation else "needs a `remediation`"
            self._wrong(("config_rule",), f"{which}{meant(given, known) if known else ''}")
        return given

    def _requirements(self) -> Iterator[tuple[str, Condition]]:
        required = mapping_of(self.given.get("required_properties"))
        parameters = mapping_of(self.given.get("parameters"))
        for type_, given in required.items():
            path: Path = ("required_properties", type_)
            if type_ not in self.types:
                self._wrong(path, "is not among the rule's `resource_types`")
            elif type_ in every_mapping():
                builder = Builder(every_mapping()[type_], parameters)
                condition = builder.condition(given, (*self.at, *path))
                self.flaws += [self.document.flaw(*flaw) for flaw in builder.flaws]
                self.notes += [self.document.flaw(*note) for note in builder.notes]
                yield type_, condition
        if "expression" not in self.given:
            for index, type_ in enumerate(self.types):
                if type_ not in required:
                    words = f"nothing is required of {type_}: its resources are not assessed"
                    self.notes.append(self.document.flaw((*self.at, "resource_types", index), words))

    def _expression(self) -> Expression | None:
        text, message = self.given.get("expression"), self.given.get("message")
        if not isinstance(text, str):
            if message is not None:
                self._wrong(("message",), "is only for a rule with an `expression`, and this rule has none")
            return None
        if problem := expression.check(text):
            self._wrong(("expression",), problem)
        if not isinstance(message, str):
            self._wrong(("expression",), "needs a `message`, which is shown where the expression is false")
        made = Expression(text, str(message))
        for type_ in (one for one in self.types if one in every_mapping()):
            for path in made.paths:
                if not every_mapping()[type_].knows(path):
                    near = meant(".".join(path), every_mapping()[type_].names)
                    words = f"names properties.{'.'.join(path)}, which no item of {type_} has{near}"
                    self._wrong(("expression",), words)
        return made

    def _examples(self) -> Iterator[Example]:
        for index, one in enumerate(items_of(self.given.get("examples"))):
            for name in EXAMPLES:
                item = get(one, name)
                if isinstance(item, Mapping):
                    yield from self._example(name, item, ("examples", index, name))

    def _example(self, name: str, item: Mapping[str, object], path: Path) -> Iterator[Example]:
        whole = {**_PLACE, "resourceType": self.types[0] if self.types else "", **item}
        try:
            resource = resource_of(Document.of(without_tags(whole)))
        except BadInput as error:
            self._wrong(path, f"is no item of AWS Config: {error.field} {error.problem}")
            return
        if resource is not None:
            yield Example(name == EXAMPLES[0], resource, self.document.flaw((*self.at, *path), "").line)

    def _wrong(self, path: Path, problem: str) -> None:
        self.flaws.append(self.document.flaw((*self.at, *path), problem))


def _scope(given: object) -> Scope:
    tags = mapping_of(get(given, "tags"))
    return Scope(
        _texts(get(given, "accounts")),
        _texts(get(given, "regions")),
        _texts(get(given, "organizational-units")),
        tuple((key, (globs,) if isinstance(globs, str) else _texts(globs)) for key, globs in tags.items()),
    )


def _modes(given: object) -> tuple[ScopedMode, ...]:
    if isinstance(given, str):
        return (ScopedMode(Scope(), Mode(given)),) if given in {mode.value for mode in Mode} else ()
    known = {mode.value for mode in Mode}
    return tuple(
        ScopedMode(_scope(get(one, "scope")), Mode(str(get(one, "mode"))))
        for one in items_of(given)
        if get(one, "mode") in known
    )


def _texts(given: object) -> tuple[str, ...]:
    return tuple(one for one in items_of(given) if isinstance(one, str))
