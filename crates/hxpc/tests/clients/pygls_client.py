"""A conversation between `hxpc lsp` and a client that is not ours: pygls, with the types of lsprotocol.

lsprotocol refuses an answer that is not what the specification says, so that every request here is a check of form too.
Usage: pygls_client.py HXPC FOLDER, where FOLDER holds prod.hxp and policy.hxp of the conversations in lsp.rs.
"""

import asyncio
import pathlib
import sys

from lsprotocol import types
from pygls.lsp.client import LanguageClient


async def converse(hxpc: str, folder: pathlib.Path) -> None:
    client = LanguageClient("conversation", "1")
    told: asyncio.Queue = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def _(params: types.PublishDiagnosticsParams) -> None:
        told.put_nowait(params)

    await client.start_io(hxpc, "lsp")
    answer = await client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=folder.as_uri())
    )
    assert answer.server_info and answer.server_info.name == "hxpc"
    client.initialized(types.InitializedParams())

    path = folder / "prod.hxp"
    text, uri = path.read_text(), path.as_uri()
    document = types.TextDocumentIdentifier(uri=uri)
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri=uri, language_id="hxp", version=1, text=text))
    )
    line = next(n for n, said in enumerate(text.split("\n")) if "1 of ops" in said)
    column = text.split("\n")[line].index("ops")
    place = types.Position(line=line, character=column + 1)

    async def about(version: int) -> types.PublishDiagnosticsParams:
        while True:
            params = await asyncio.wait_for(told.get(), 60)
            if params.uri == uri and params.version == version:
                return params

    assert not (await about(1)).diagnostics
    wrong = types.Range(types.Position(line, column), types.Position(line, column + 3))
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=2),
            [types.TextDocumentContentChangePartial(range=wrong, text="nobody")],
        )
    )
    (found,) = (await about(2)).diagnostics
    assert found.code == "HXP0201" and found.code_description
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(document, found.range, types.CodeActionContext(diagnostics=[found]))
    )
    # Nothing is near enough to `nobody` to be offered.
    assert list(actions) == []
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=3),
            [types.TextDocumentContentChangeWholeDocument(text=text)],
        )
    )
    assert not (await about(3)).diagnostics

    hover = await client.text_document_hover_async(types.HoverParams(document, place))
    assert hover and "team ops" in hover.contents.value
    definition = await client.text_document_definition_async(types.DefinitionParams(document, place))
    assert definition and definition[0].target_uri.endswith("/policy.hxp")
    references = await client.text_document_references_async(
        types.ReferenceParams(
            text_document=document, position=place, context=types.ReferenceContext(include_declaration=True)
        )
    )
    assert len(references) == 2
    rename = await client.text_document_rename_async(types.RenameParams(text_document=document, position=place, new_name="people"))
    assert len(rename.document_changes) == 2
    completion = await client.text_document_completion_async(types.CompletionParams(document, place))
    assert any(item.label == "ops" for item in completion.items)
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [symbol.name for symbol in symbols] == ["prod"]
    await client.text_document_folding_range_async(types.FoldingRangeParams(document))
    await client.text_document_selection_range_async(types.SelectionRangeParams(document, [place]))
    await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    await client.text_document_code_lens_async(types.CodeLensParams(document))
    await client.text_document_document_link_async(types.DocumentLinkParams(document))
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
    await client.text_document_signature_help_async(types.SignatureHelpParams(document, place))
    (stop,) = await client.text_document_prepare_call_hierarchy_async(
        types.CallHierarchyPrepareParams(document, types.Position(line=0, character=14))
    )
    await client.call_hierarchy_incoming_calls_async(types.CallHierarchyIncomingCallsParams(stop))
    edits = await client.text_document_formatting_async(
        types.DocumentFormattingParams(document, types.FormattingOptions(tab_size=2, insert_spaces=True))
    )
    assert list(edits) == []
    report = await client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(previous_result_ids=[]))
    assert len(report.items) == 2
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


asyncio.run(converse(sys.argv[1], pathlib.Path(sys.argv[2])))
print("1 passed, 0 failed")
