//! The memory that commands take where one document is large, as Linux counts it.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

use super::support::Folder;

const LIMIT: &str = "64MB";
/// Bytes of the large document.
const LARGE: usize = 48_000_000;

/// Bytes that the process has had resident at most, once it has ended well.
fn peak(mut child: Child) -> usize {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let facts = fs::read_to_string(&status).unwrap_or_default();
        let line = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        if let Some(ended) = child.try_wait().expect("a child") {
            assert!(ended.success(), "{ended}");
            return peak;
        }
        thread::sleep(Duration::from_millis(3));
    }
}

/// Documents of one line each, and among them a large one where it is wanted.
fn documents(large: bool) -> String {
    let mut lines = String::new();
    for number in 0..300 {
        let text =
            format!("Document {number} says what it has to say, \\\"quoted\\\". ").repeat(40);
        lines.push_str(&format!(
            "{{\"id\":\"{number}\",\"language\":\"en\",\"text\":\"{text}\"}}\n"
        ));
        if large && number == 150 {
            lines.push_str("{\"id\":\"large\",\"language\":\"en\",\"text\":\"");
            let end = lines.len() + LARGE;
            let mut state = 0u64;
            while lines.len() < end {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let behind = if state >> 60 == 0 { ".\\n" } else { " " };
                lines.push_str(&format!("watercourse{}{behind}", (state >> 33) % 5000));
            }
            lines.push_str("\"}\n");
        }
    }
    lines
}

#[test]
fn a_large_document_takes_a_few_times_its_size() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: the system does not tell the memory of a process");
        return;
    }
    // What a step may take more than without the large document, in sizes of that.
    let steps: [(&[&str], usize); 6] = [
        (&["ingest", "in.jsonl", "--to", "web"], 2),
        // The words of a text and their n-grams are some of what is held.
        (&["filter", "web", "rpv2_gopher"], 4),
        (&["annotate", "web", "rpv2"], 4),
        (&["filter", "web", "rpv2_gopher", "--format", "json"], 1),
        (&["export", "web", "--to", "out", "--format", "parquet"], 2),
        (
            &["export", "web", "--to", "lines", "--format", "jsonl.zst"],
            2,
        ),
    ];
    let [without, with] = [false, true].map(|large| {
        let folder = Folder::new();
        folder.write("in.jsonl", documents(large));
        steps.map(|(step, _)| {
            let limited = [step, &["--memory-limit", LIMIT, "--threads", "2"]].concat();
            peak(folder.start(&limited))
        })
    });
    for (((step, sizes), without), with) in steps.iter().zip(without).zip(with) {
        let more = with.saturating_sub(without);
        assert!(more < sizes * LARGE, "{step:?}: {more} bytes more, {with}");
    }
}
