//! What a written policy says in two places and cannot mean both is an error that shows the two places.

use std::path::Path;

use hxp_driver::system::Disk;
use hxp_driver::{Request, compile};

#[test]
fn both_halves_do_not_compile() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/contradictions");
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.lines().next().unwrap().trim_start_matches("// ");
        let found = compile(&Disk, &Request { start: path.clone(), ..Request::default() }).diagnostics;
        let errors: Vec<_> = found.iter().filter(|d| d.is_error()).collect();
        let shown = format!("{}: {errors:#?}", path.display());
        assert!(errors.iter().all(|d| d.code.id() == code) && errors.len() == 1, "{shown}");
        let places: Vec<_> = errors.iter().flat_map(|d| &d.related).map(|l| l.span).collect();
        assert!(!places.is_empty(), "the other place is not shown: {shown}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}
