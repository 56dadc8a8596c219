//! What the system knows about this process, and the restarts of its tasks: read when they are asked for.
//!
//! Names are those that every Prometheus client gives them. What cannot be read is left out.

use std::fmt;

use procfs::process::{LimitValue, Process as OfSystem, Stat};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::counters::Labels;
use crate::supervise;

#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        restarts(&mut encoder)?;
        // Systems without /proc have none of these.
        let Ok(own) = OfSystem::myself() else {
            return Ok(());
        };
        let stat = own.stat().ok();
        if let Some(stat) = &stat {
            let metric = encoder.encode_descriptor(
                "process_cpu_seconds",
                "Processor time used",
                None,
                MetricType::Counter,
            )?;
            ConstCounter::new(processor_seconds(stat)).encode(metric)?;
        }
        let open = own.fd_count().ok().map(|count| count as f64);
        let most = own
            .limits()
            .ok()
            .and_then(|it| match it.max_open_files.soft_limit {
                LimitValue::Value(most) => Some(most as f64),
                LimitValue::Unlimited => None,
            });
        let of_stat = |value: fn(&Stat) -> f64| stat.as_ref().map(value);
        let gauges = [
            ("process_open_fds", "Open descriptors", open),
            ("process_max_fds", "Descriptors that may be open", most),
            (
                "process_resident_memory_bytes",
                "Memory in use",
                of_stat(|stat| (stat.rss * procfs::page_size()) as f64),
            ),
            (
                "process_virtual_memory_bytes",
                "Memory that is mapped",
                of_stat(|stat| stat.vsize as f64),
            ),
            (
                "process_threads",
                "Threads",
                of_stat(|stat| stat.num_threads as f64),
            ),
            (
                "process_start_time_seconds",
                "Start of the process, in seconds since 1970",
                stat.as_ref().and_then(started),
            ),
        ];
        for (name, meaning, value) in gauges {
            if let Some(value) = value {
                let metric = encoder.encode_descriptor(name, meaning, None, MetricType::Gauge)?;
                ConstGauge::new(value).encode(metric)?;
            }
        }
        Ok(())
    }
}

fn restarts(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(
        "callboard_tasks_restarted",
        "Restarts of background tasks after a panic",
        None,
        MetricType::Counter,
    )?;
    for (task, count) in supervise::restarts() {
        let labels = Labels {
            names: ["task"],
            values: [task],
        };
        ConstCounter::new(count).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

fn processor_seconds(stat: &Stat) -> f64 {
    (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64
}

fn started(stat: &Stat) -> Option<f64> {
    let booted = procfs::boot_time_secs().ok()?;
    Some(booted as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64)
}
