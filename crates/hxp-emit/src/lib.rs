//! Printers that know nothing of hxp: YAML (safe for YAML 1.1 readers), JSON, Rego and Markdown.
