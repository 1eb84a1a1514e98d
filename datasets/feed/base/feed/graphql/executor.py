from collections.abc import Sequence
from typing import Any

from feed.context import RequestContext
from feed.graphql.nodes import Directive, Document, Field, FragmentSpread, Selection, Variable
from feed.graphql.resolvers import BATCH_RESOLVERS, RESOLVERS
from feed.graphql.results import ObjectResult
from feed.graphql.schema import FieldType, field_type
from feed.http import BadRequest


def execute(context: RequestContext, document: Document, root: dict[str, Any]) -> ObjectResult:
    """Take out of `root` what the document asks for.

    Parameters
    ----------
    context : RequestContext
        Whose request it is.
    document : Document
        The parsed query.
    root : dict
        A value for each field of `Query` that the endpoint serves.
    """
    with context.trace.span("graphql.execute"):
        executor = Executor(context, document)
        result = executor.objects("Query", [root], document.selections)[0]
    context.log.info("graphql.executed", document=document.name, fields=executor.n_fields)
    return result


class Executor:
    """Walks a document column by column: a field is resolved for all objects of a list at once."""

    def __init__(self, context: RequestContext, document: Document) -> None:
        self.context = context
        self.document = document
        self.n_fields = 0
        self.variables = {**document.defaults, **context.request.variables}

    def objects(
        self, type_name: str, sources: Sequence[Any], selections: tuple[Selection, ...]
    ) -> list[ObjectResult]:
        """Resolve the selected fields of several objects of one type, in their order."""
        fields = self.collect(selections)
        names = {field.key: field.name for field in fields}
        results = [ObjectResult(type_name, names, {}) for _ in sources]
        for field in fields:
            column = self.column(type_name, sources, field)
            for result, value in zip(results, column, strict=True):
                result.values[field.key] = value
        return results

    def collect(self, selections: tuple[Selection, ...]) -> list[Field]:
        """Put fragments in their places and leave out what the directives skip."""
        fields: list[Field] = []
        for selection in selections:
            if selection.directives and not self.is_included(selection.directives):
                continue
            if isinstance(selection, FragmentSpread):
                fields.extend(self.collect(self.fragment_selections(selection.name)))
            else:
                fields.append(selection)
        return fields

    def column(self, type_name: str, sources: Sequence[Any], field: Field) -> list[Any]:
        """Resolve one field of several objects."""
        self.n_fields += len(sources)
        kind = field_type(type_name, field.name)
        arguments = self.arguments(field) if field.arguments else {}
        values = self.resolve(type_name, field.name, sources, arguments)
        return self.complete(kind, values, field.selections) if kind.of else values

    def resolve(
        self, type_name: str, name: str, sources: Sequence[Any], arguments: dict[str, Any]
    ) -> list[Any]:
        """Ask the field's resolver: once for all objects if it can, else once an object."""
        batch = BATCH_RESOLVERS.get((type_name, name))
        if batch is not None:
            return batch(self.context, sources, arguments)
        resolver = RESOLVERS[type_name, name]
        return [resolver(self.context, source, arguments) for source in sources]

    def complete(
        self, kind: FieldType, values: Sequence[Any], selections: tuple[Selection, ...]
    ) -> list[Any]:
        """Resolve what is selected of the values, which are objects or lists of objects."""
        if not kind.is_list:
            return self._complete_objects(kind.of, values, selections)
        flat = [item for items in values for item in items]
        done = iter(self.objects(kind.of, flat, selections))
        return [[next(done) for _ in items] for items in values]

    def _complete_objects(
        self, type_name: str, values: Sequence[Any], selections: tuple[Selection, ...]
    ) -> list[Any]:
        done = iter(self.objects(type_name, [v for v in values if v is not None], selections))
        return [None if value is None else next(done) for value in values]

    def arguments(self, field: Field) -> dict[str, Any]:
        """Values of a field's arguments, with variables put in."""
        return {name: self.value_of(value) for name, value in field.arguments.items()}

    def value_of(self, value: Any) -> Any:
        """Put in the value of a variable."""
        if isinstance(value, Variable):
            return self.variables.get(value.name)
        if isinstance(value, list):
            return [self.value_of(item) for item in value]
        return value

    def is_included(self, directives: tuple[Directive, ...]) -> bool:
        """Tell whether the directives leave a selection in."""
        for directive in directives:
            condition = bool(self.value_of(directive.arguments.get("if")))
            if condition == (directive.name == "skip"):
                return False
        return True

    def fragment_selections(self, name: str) -> tuple[Selection, ...]:
        """Return what a fragment selects."""
        fragment = self.document.fragments.get(name)
        if fragment is None:
            raise BadRequest(f"query: no fragment {name!r}")
        return fragment.selections
