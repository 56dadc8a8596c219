//! `callboard import --format csv`

use std::fs;
use std::io::Write;

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::sheets::put_valid;
use crate::support::program::{Program, words};
use crate::support::{TENANT, TestApp};

const CALLS: &str = "\u{feff}Số điện thoại;Ngày gọi;Trạng thái;Thời lượng\r\n\
    0987654321;13/06/2026 08:30;Nghe máy;1:25\r\n\
    12;13/06/2026 08:40;Nghe máy;1:25\r\n\
    098765432112345678;13/06/2026 08:50;Máy bận;\r\n\
    0987654322;13/06/2026 09:00;Gì đó;\r\n";

fn mapping() -> serde_json::Value {
    json!({"kind": "telesales_call", "timezone": "Asia/Ho_Chi_Minh",
        "columns": {"phone": "Số điện thoại", "campaign": {"constant": "Tháng 6"}, "started_at": "Ngày gọi",
            "result": "Trạng thái", "talk_sec": "Thời lượng"},
        "values": {"result": {"Nghe máy": "answered", "Máy bận": "busy"}}})
}

/// The arguments of an import with options, of a file.
fn import<'a>(options: &[&'a str], file: &'a str) -> Vec<&'a str> {
    let import = ["import", "--tenant", "1", "--format", "csv"];
    [&import[..], options, &[file]].concat()
}

#[tokio::test]
async fn sheets_are_imported_by_a_mapping_of_any_origin() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let sheet = at("calls.csv", CALLS);
    let file = at("mapping.json", &mapping().to_string());

    // A file of JSON; rows that are refused have their numbers, the others are stored.
    let output = program.run(&import(&["--map", &file], &sheet)).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        words(&output.stdout),
        format!(
            "{sheet}: 4 rows, 1 stored, 1 ignored (1 no call to report), 2 rejected; new: 1 campaigns, 2 leads, 0 agents, \
             0 caller IDs\n"
        )
    );
    let told = words(&output.stderr);
    let faults = [
        "row 4: phone must be a phone number of 8 to 15 digits (column Số điện thoại).\n",
        "row 5: result must be one of: ",
    ];
    for fault in faults {
        assert!(told.contains(&format!("{sheet}, {fault}")), "{told}");
    }
    let rows = "select json_build_object('at', c.started_at, 'talk', talk_sec, 'phone', phone) as row
                from telesales_calls c join telesales_leads l on l.tenant_id = 1 and l.id = c.lead_id where c.tenant_id = 1";
    let expected = json!({"at": "2026-06-13T01:30:00+00:00", "talk": 85, "phone": "84987654321"});
    assert_eq!(test.query(TENANT, rows).await, [expected]);

    // One that the tenant keeps, and a folder; a file at fault does not end it.
    put_valid(&test, "thang-6", &mapping()).await;
    let sheets = folder.path().join("sheets");
    fs::create_dir(&sheets).expect("a folder");
    let good = CALLS.split_inclusive("\r\n").take(3).collect::<String>();
    fs::write(sheets.join("1.csv"), &good).expect("written");
    fs::write(sheets.join("2.csv"), "a;b\n1;2\n").expect("written");
    fs::write(sheets.join("3.csv"), good.replace("13/06", "12/06")).expect("written");
    fs::write(sheets.join("4.csv"), good.replace("54321", "54329")).expect("written");
    let sheets = sheets.to_str().expect("text");
    let output = program.run(&import(&["--map", "thang-6"], sheets)).await;
    assert_eq!(output.status.code(), Some(1));
    let told = words(&output.stderr);
    for fault in [
        "2.csv: columns: ",
        "3.csv: date_format: The dates of Ngày gọi have no day over 12",
    ] {
        assert!(told.contains(fault), "{told}");
    }
    assert_eq!(words(&output.stdout).matches("1 stored").count(), 2);
    let third = format!("{sheets}/3.csv");
    let stated = ["--map", "thang-6", "--date-format", "dd/mm/yyyy"];
    program.ok(&import(&stated, &third), "").await;

    // One that comes with the program, or none.
    let report = "call_date\tphone_number_dialed\tstatus\tuser\tcampaign_id\tlength_in_sec\n\
                  2026-06-01 08:30:15\t84987654321\tSALE\tlan\tSALES\t25\n";
    let report = at("report.tsv", report);
    let ready = ["--map", "vicidial-export", "--timezone", "Asia/Ho_Chi_Minh"];
    let said = program.ok(&import(&ready, &report), "").await;
    assert!(said.contains("1 rows, 1 stored"), "{said}");
    let teams = at("teams.csv", "id;name\n1;North\n");
    program.ok(&import(&["--kind", "team"], &teams), "").await;
    for (options, fault) in [
        (&[][..], "kind: is required without a mapping."),
        (
            &["--map", "none"],
            "map: is neither a file nor a mapping of the tenant",
        ),
        (&["--map", &teams], "map: is not a JSON object"),
        (
            &["--map", &file, "--kind", "team"],
            "kind: The mapping is one of telesales_call.",
        ),
    ] {
        let told = program.refused(&import(options, &teams), "").await;
        assert!(told.contains(fault), "{options:?}: {told}");
    }
    let other = ["import", "--tenant", "1", "--map", "none", &teams];
    let told = program.refused(&other, "").await;
    assert!(told.contains("map: is for --format csv alone"), "{told}");
}

/// The memory of the program is limited: one that unpacks a workbook before it measures it would not end with a sentence.
#[tokio::test]
async fn a_workbook_that_unpacks_to_too_much_is_refused_in_little_memory() {
    let test = TestApp::new().await;
    let program = Program::beside(&test);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("calls.xlsx");
    let mut packed = ZipWriter::new(fs::File::create(&path).expect("a file"));
    let part = SimpleFileOptions::default();
    packed
        .start_file("xl/sharedStrings.xml", part)
        .expect("a part");
    let texts = "<si><t>a</t></si>".repeat(1 << 16);
    for _ in 0..150 {
        packed.write_all(texts.as_bytes()).expect("written");
    }
    packed.finish().expect("a workbook");
    assert!(path.metadata().expect("a file").len() < 4 << 20);
    let path = path.to_str().expect("text");
    let limited = program.limited(
        "ulimit -d 300000 && exec \"$0\" \"$@\"",
        &import(&["--kind", "team"], path),
    );
    let output = { limited }.output().await.expect("an output");
    assert_eq!(output.status.code(), Some(1), "{}", words(&output.stderr));
    let told = words(&output.stderr);
    assert!(told.contains("is larger than "), "{told}");
}
