//! Names of channels, and what they tell: the peer, the number that was dialed, the agent.

/// True for the halves of a Local channel, which join parts of a dialplan and are no telephone.
pub fn is_local(channel: &str) -> bool {
    channel
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("local/"))
}

/// The peer of a channel: `trunk` of `SIP/trunk-0000098e`, `i1` of `DAHDI/i1/0912345678-1`.
pub fn peer(channel: &str) -> Option<String> {
    let (_, name) = channel.split_once('/')?;
    let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
    let name = name.split_once('/').map_or(name, |(group, _)| group);
    let name = name.rsplit_once('@').map_or(name, |(_, host)| host);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The number that `Dial` was told to call: `SIP/trunk/0912345678,30`, `PJSIP/0912345678@trunk`. None for several targets.
pub fn dialed(lastdata: &str) -> Option<&str> {
    let target = lastdata.split([',', '|']).next()?;
    if target.contains('&') {
        return None;
    }
    let (_, last) = target.rsplit_once('/')?;
    let number = last.split_once('@').map_or(last, |(number, _)| number);
    (!number.is_empty()).then_some(number)
}

/// The caller that a `clid` shows: the text in `<…>`, else all of it.
pub fn caller(clid: &str) -> Option<&str> {
    let number = clid
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or(clid, |(number, _)| number);
    let number = number.trim().trim_matches('"');
    (!number.is_empty()).then_some(number)
}

/// An agent of a queue by the name of the member: `1127` of `Agent/1127`, `1141` of `Local/1141@callback-agent/n`.
pub fn agent(member: &str) -> Option<String> {
    const KINDS: [&str; 12] = [
        "agent", "console", "dahdi", "iax2", "local", "motif", "ooh323", "pjsip", "sccp", "sip",
        "skinny", "zap",
    ];
    let name = match member.split_once('/') {
        Some((kind, name)) if KINDS.contains(&kind.to_ascii_lowercase().as_str()) => {
            let name = name.split(['@', '/']).next().unwrap_or(name);
            name.split_once('-')
                .filter(|(_, id)| is_channel_id(id))
                .map_or(name, |(name, _)| name)
        }
        _ => member,
    };
    (!name.is_empty() && name != "NONE").then(|| name.to_owned())
}

fn is_channel_id(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_told_by_channels() {
        for (channel, expected) in [
            ("SIP/trunk-0000098e", Some("trunk")),
            ("SIP/my-trunk-0000098e", Some("my-trunk")),
            ("PJSIP/VIOrig-00000008", Some("VIOrig")),
            ("OOH323/avayaG700-1919", Some("avayaG700")),
            ("IAX2/192.0.2.25:4569-2739", Some("192.0.2.25:4569")),
            (
                "Motif/12489893570@voice.google.com-753b",
                Some("voice.google.com"),
            ),
            ("DAHDI/i1/0912345678-1", Some("i1")),
            ("Console/dsp", Some("dsp")),
            ("SIP/", None),
            ("", None),
        ] {
            assert_eq!(peer(channel).as_deref(), expected, "{channel}");
        }
        assert!(is_local("Local/98@LocalSets-00000001;2") && is_local("LOCAL/1"));
        assert!(!is_local("SIP/Local-1") && !is_local("Löcal/1"));
    }

    #[test]
    fn numbers_and_callers_are_told_by_what_was_dialed() {
        assert_eq!(
            dialed("PJSIP/12485613685@VIOrig,,XL(81520000)"),
            Some("12485613685")
        );
        assert_eq!(dialed("SIP/spbx0101lx/91569055965"), Some("91569055965"));
        assert_eq!(
            dialed("Motif/google/12489893570@voice.google.com,,r"),
            Some("12489893570")
        );
        assert_eq!(dialed("SIP/trunk/0912345678|30|r"), Some("0912345678"));
        assert_eq!(dialed("SIP/1001&SIP/1002,26"), None);
        assert_eq!(dialed("30"), None);
        assert_eq!(caller("\"Person 07\" <1141>"), Some("1141"));
        assert_eq!(caller("\"\" <>"), None);
        assert_eq!(caller("1141"), Some("1141"));
    }

    #[test]
    fn agents_are_told_by_members() {
        for (member, expected) in [
            ("Agent/1127", Some("1127")),
            ("SIP/1001", Some("1001")),
            ("SIP/1001-0000005d", Some("1001")),
            ("Local/1141@callback-agent/n", Some("1141")),
            ("LOCAL/551@default/n,0,551,hint:5", Some("551")),
            ("Agent03", Some("Agent03")),
            ("Sales/Anna", Some("Sales/Anna")),
            ("NONE", None),
            ("Agent/", None),
            ("", None),
        ] {
            assert_eq!(agent(member).as_deref(), expected, "{member}");
        }
    }
}
