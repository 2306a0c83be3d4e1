/// Compares with a snapshot at the top level, named by an id: `/` becomes `__`.
pub(crate) fn assert_snapshot(folder: &str, id: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("{}/snapshots/{folder}", env!("CARGO_MANIFEST_DIR")));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(id.replace('/', "__"), text));
}
