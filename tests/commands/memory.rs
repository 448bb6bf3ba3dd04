//! The memory that commands take where one document is large, as Linux counts it.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

use super::support::Folder;

const LIMIT: &str = "64MB";
/// Bytes of the large document, and what commands may take for it and beside it, over what they take without it.
const LARGE: usize = 48_000_000;
const MOST: usize = 3 * LARGE + LARGE / 2;

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
            let mut word = 0u64;
            while lines.len() < end {
                // A word in four is new.
                word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let rare = word >> 40;
                lines.push_str(&format!("the river {rare:x} of stone\\n"));
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
    let mut peaks: Vec<Vec<usize>> = Vec::new();
    for large in [false, true] {
        let folder = Folder::new();
        folder.write("in.jsonl", documents(large));
        let steps: [&[&str]; 6] = [
            &["ingest", "in.jsonl", "--to", "web"],
            &["filter", "web", "rpv2_gopher"],
            &["annotate", "web", "rpv2"],
            &["filter", "web", "rpv2_gopher", "--format", "json"],
            &["export", "web", "--to", "out", "--format", "parquet"],
            &["export", "web", "--to", "lines", "--format", "jsonl.zst"],
        ];
        let of_steps = steps.map(|step| {
            let limited = [step, &["--memory-limit", LIMIT, "--threads", "2"]].concat();
            peak(folder.start(&limited))
        });
        peaks.push(of_steps.to_vec());
    }
    let [without, with] = &peaks[..] else {
        panic!("two corpora")
    };
    let more: Vec<usize> = with
        .iter()
        .zip(without)
        .map(|(with, without)| with.saturating_sub(*without))
        .collect();
    assert!(
        more.iter().all(|more| *more < MOST),
        "at most {MOST} bytes more: {more:?}, with it {with:?}"
    );
}
