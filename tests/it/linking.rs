//! The linker of the page's modules: what it makes of each form that they use, and what it refuses.

#[path = "../../build/link.rs"]
mod link;

use link::{Texts, link, resolved, styles};

fn texts<const N: usize>(files: [(&str, &str); N]) -> Texts {
    Texts::from(files.map(|(name, text)| (name.to_owned(), text.to_owned())))
}

fn refused(text: &str) -> String {
    let sources = texts([("app.js", text), ("a.js", "export const a = 1;\n")]);
    link(&sources, "app.js").expect_err(text)
}

#[test]
fn modules_are_linked_in_order_of_their_imports_under_their_own_names() {
    let sources = texts([
        (
            "app.js",
            "// The beginning.\nimport { one as first, two } from \"./core/a.js\";\nimport * as b from \"./core/b.js\";\nimport words from \"./core/c.js\";\n\nfirst(two, b, words);\nlater(\"views/v.js\");\n",
        ),
        (
            "core/a.js",
            "export { two } from \"./b.js\";\n/** Is one. */\nexport function one() {\n  return 1;\n}\n",
        ),
        (
            "core/b.js",
            "const hidden = 2;\nexport const two = hidden;\nexport async function three() {}\nexport class Four {}\nexport {\n  hidden as five,\n};\n",
        ),
        ("core/c.js", "export default {\n  a: \"b\",\n};\n"),
        (
            "views/v.js",
            "import { two } from \"../core/b.js\";\nimport { own } from \"./own.js\";\nexport const v = two + own;\n",
        ),
        ("views/own.js", "export const own = 1;\n"),
    ]);
    let files = link(&sources, "app.js").expect("linked");
    let expected = r#"export const $modules={};
$modules["core/b.js"]??=(()=>{
const hidden = 2;
const two = hidden;
async function three() {}
class Four {}
return{two,three,Four,five:hidden}})();
$modules["core/a.js"]??=(()=>{
function one() {
return 1;
}
return{two:$modules["core/b.js"].two,one}})();
$modules["core/c.js"]??=(()=>{
const $default={
a: "b",
};
return{default:$default}})();
$modules["app.js"]??=(()=>{
const {one:first,two}=$modules["core/a.js"];
const b=$modules["core/b.js"];
const {default:words}=$modules["core/c.js"];
first(two, b, words);
later("views/v.js");
return{}})();
//# sourceMappingURL=app.js.map
"#;
    assert_eq!(files["app.js"], expected);
    let expected = r#"import{$modules}from"../app.js";
$modules["views/own.js"]??=(()=>{
const own = 1;
return{own}})();
$modules["views/v.js"]??=(()=>{
const {two}=$modules["core/b.js"];
const {own}=$modules["views/own.js"];
const v = two + own;
return{v}})();
export default $modules["views/v.js"];
//# sourceMappingURL=v.js.map
"#;
    assert_eq!(files["views/v.js"], expected);
    assert_eq!(files.len(), 4);
}

#[test]
fn a_source_map_names_the_line_of_each_line() {
    let sources = texts([("app.js", "// A note.\n\nif (a) {\n  b();\n}\n")]);
    let files = link(&sources, "app.js").expect("linked");
    // Two linked lines, then: line 2, column 0; line 3, column 2; line 4, column 0.
    let expected = "{\"version\":3,\"sources\":[\"source/app.js\"],\"names\":[],\"mappings\":\";;AAEA;AACE;AACF;;;\"}\n";
    assert_eq!(files["app.js.map"], expected);
    let far = "\n".repeat(200) + "a();\n";
    let files = link(&texts([("app.js", &far)]), "app.js").expect("linked");
    assert!(
        files["app.js.map"].contains("\";;AAwMA;;;\""),
        "{}",
        files["app.js.map"]
    );
}

#[test]
fn other_forms_are_refused_with_their_place() {
    for (text, about) in [
        (
            "import a, { b } from \"./a.js\";\n",
            "web/app.js:1: this form is not linked",
        ),
        (
            "\nimport \"./a.js\";\n",
            "web/app.js:2: this form is not linked",
        ),
        (
            "import { a } from './a.js';\n",
            "web/app.js:1: this form is not linked",
        ),
        (
            "export let a = 1;\n",
            "web/app.js:1: this form is not linked",
        ),
        (
            "export const { a } = b;\n",
            "web/app.js:1: this form is not linked",
        ),
        (
            "export * from \"./a.js\";\n",
            "web/app.js:1: this form is not linked",
        ),
        ("import { a }\n", "web/app.js:1: an import without an end"),
        (
            "import { a } from \"./none.js\";\n",
            "none.js: no such module",
        ),
        (
            "import { a } from \"./app.js\";\n",
            "app.js: imports itself",
        ),
        (
            "import { a } from \"./a.js\";\nlater(\"a.js\");\n",
            "a.js: loaded later, and with the first view",
        ),
        ("later(\"none.js\");\n", "none.js: no such module"),
        (
            "const $modules = 1;\n",
            "app.js: $modules is a name of linked files",
        ),
    ] {
        let fault = refused(text);
        assert!(fault.starts_with(about), "{fault}");
    }
}

#[test]
fn sources_are_linked_without_comments_and_libraries_with_them() {
    let ours = "// A note.\n\n/**\n * Of a function.\n */\nconst a = 1; // 2\n  b();\n";
    let sources = texts([
        ("app.js", "import { x } from \"./vendor/a.js\";\n"),
        ("vendor/a.js", "// Whose it is.\nexport{x as x};\n"),
    ]);
    let files = link(&sources, "app.js").expect("linked");
    assert!(
        files["app.js"].contains("\n// Whose it is.\nreturn{x}"),
        "{}",
        files["app.js"]
    );
    let files = link(&texts([("app.js", ours)]), "app.js").expect("linked");
    assert!(
        files["app.js"].contains("{\nconst a = 1; // 2\nb();\nreturn"),
        "{}",
        files["app.js"]
    );
}

#[test]
fn styles_are_one_file_in_the_order_of_their_imports() {
    let sources = texts([
        (
            "page.css",
            "/* All. */\n@import url(\"styles/a.css\");\n@import url(\"styles/b.css\") print;\n",
        ),
        ("styles/a.css", "/* A note. */\na { b: c }\n"),
        ("styles/b.css", "d { e: f }\n"),
        (
            "bad.css",
            "@import \"styles/a.css\";\n@import url(\"styles/a.css\"\n",
        ),
    ]);
    assert_eq!(
        styles(&sources, "page.css").expect("linked"),
        "a { b: c }\n@media print {\nd { e: f }\n}\n"
    );
    assert!(styles(&sources, "bad.css").is_err());
    assert!(styles(&sources, "none.css").is_err());
}

#[test]
fn paths_are_resolved_from_the_file_that_names_them() {
    assert_eq!(resolved("app.js", "./vendor/htm.js"), "vendor/htm.js");
    assert_eq!(resolved("views/a/b.js", "../../core/c.js"), "core/c.js");
}
