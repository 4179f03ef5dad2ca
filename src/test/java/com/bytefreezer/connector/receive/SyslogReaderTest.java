package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SyslogReaderTest {
    private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final String AUTH = "\"priority\":34,\"facility\":\"auth\",\"severity\":\"crit\"";

    @ParameterizedTest
    @CsvSource(delimiterString = " | ", quoteCharacter = '`', textBlock = """
            <34>1 2003-10-11T22:14:15.003Z my.host su - ID47 - BOM'su root' failed | "timestamp":"2003-10-11T22:14:15.003Z","hostname":"my.host","app_name":"su","msg_id":"ID47","message":"BOM'su root' failed"
            <34>1 2003-08-24T05:14:15.000003-07:00 h a 8710 - - %% It's time | "timestamp":"2003-08-24T12:14:15.000003Z","hostname":"h","app_name":"a","proc_id":"8710","message":"%% It's time"
            <34>1 - - - - - - | "message":""
            <34>1 - h - - - [a@1 k="v\\"\\\\\\]\\n" K="2"][b] m | "hostname":"h","structured_data":{"a@1":{"k":"v\\"\\\\]\\\\n,2"},"b":{}},"message":"m"
            <34>1 - h - - - [a k="v] m | "hostname":"h","message":"[a k=\\"v] m","syslog_error":"its structured data cannot be read"
            <34>1 - h - - - m | "hostname":"h","message":"m","syslog_error":"its structured data cannot be read"
            <34>1 - h a | "hostname":"h","app_name":"a","message":"","syslog_error":"its header is not complete"
            <34>1 apple fell | "message":"1 apple fell"
            <34>Oct 11 22:14:15 mymachine su: 'su root' failed | "timestamp":"2025-10-11T20:14:15Z","hostname":"mymachine","app_name":"su","message":"'su root' failed"
            <34>Feb  5 17:32:18 10.0.0.99 sshd[71]: Use the BFG! | "timestamp":"2026-02-05T16:32:18Z","hostname":"10.0.0.99","app_name":"sshd","proc_id":"71","message":"Use the BFG!"
            <34>Feb 29 01:00:00 h a: m | "timestamp":"2024-02-29T00:00:00Z","hostname":"h","app_name":"a","message":"m"
            <34>Mar  2 12:00:00 h a: ahead by less than a day | "timestamp":"2026-03-02T11:00:00Z","hostname":"h","app_name":"a","message":"ahead by less than a day"
            <34>Feb  5 17:32:18 su: no host | "timestamp":"2026-02-05T16:32:18Z","app_name":"su","message":"no host"
            <34>2020-11-23T19:01:51.316Z esxi-0 Rhttpproxy: verbose | "timestamp":"2020-11-23T19:01:51.316Z","hostname":"esxi-0","app_name":"Rhttpproxy","message":"verbose"
            <34>2020-11-23 19:01:51 h a: m | "timestamp":"2020-11-23T18:01:51Z","hostname":"h","app_name":"a","message":"m"
            <34>Oct 11 2025 22:14:15: %ASA-6-302013: Built outbound TCP | "timestamp":"2025-10-11T20:14:15Z","app_name":"%ASA-6-302013","message":"Built outbound TCP"
            <34>Oct 11 2025 22:14:15 fw1 : %ASA-3-1: Deny | "timestamp":"2025-10-11T20:14:15Z","hostname":"fw1","app_name":"%ASA-3-1","message":"Deny"
            <34>29: *Feb  1 18:48:50.483 UTC: %SYS-5-CONFIG_I: Configured | "sequence":"29","timestamp":"2026-02-01T18:48:50.483Z","app_name":"%SYS-5-CONFIG_I","message":"Configured"
            <34>29: router1: Feb  1 18:48:50 UTC: %LINK-3-UPDOWN: down | "sequence":"29","timestamp":"2026-02-01T18:48:50Z","hostname":"router1","app_name":"%LINK-3-UPDOWN","message":"down"
            <34>29: %SYS-5-CONFIG_I: Configured | "sequence":"29","app_name":"%SYS-5-CONFIG_I","message":"Configured"
            <34>: 2026 Feb  1 18:48:50 UTC: %VSHD-5: from a Nexus | "timestamp":"2026-02-01T18:48:50Z","app_name":"%VSHD-5","message":"from a Nexus"
            <34>2026 Feb  1 18:48:50 UTC: %VSHD-5: m | "timestamp":"2026-02-01T18:48:50Z","app_name":"%VSHD-5","message":"m"
            <34>Feb 19 12:02:57 h CEF:0|Check Point| | "timestamp":"2026-02-19T11:02:57Z","hostname":"h","message":"CEF:0|Check Point|"
            <34>app: no time | "app_name":"app","message":"no time"
            <34>anything | "message":"anything"
            <34> | "message":""
            <34>Feb 30 01:00:00 h a: no such day | "message":"Feb 30 01:00:00 h a: no such day"
            <34>Feb  5 17:32:60 h a: leap | "timestamp":"2026-02-05T16:33:00Z","hostname":"h","app_name":"a","message":"leap"
            """)
    void aMessageBecomesAnEvent(String message, String members) {
        assertThat(read(message)).isEqualTo("{%s,%s}".formatted(AUTH, members));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " | ", quoteCharacter = '`', textBlock = """
            at java.lang.Thread.run | "message":"at java.lang.Thread.run","syslog_error":"it has no priority"
            <999>Feb  5 17:32:18 h a: m | "message":"<999>Feb  5 17:32:18 h a: m","syslog_error":"it has no priority"
            <x>m | "message":"<x>m","syslog_error":"it has no priority"
            <> | "message":"<>","syslog_error":"it has no priority"
            Feb  5 17:32:18 h a: m | "timestamp":"2026-02-05T16:32:18Z","hostname":"h","app_name":"a","message":"m","syslog_error":"it has no priority"
            """)
    void whatIsNoSyslogKeepsItsTextAndIsMarked(String message, String members) {
        assertThat(read(message)).isEqualTo("{%s}".formatted(members));
    }

    @Test
    void marksTabsEndsAndOtherEncodingsLoseNoCharacter() {
        assertThat(read("\ufeff<34>Feb  5 17:32:18 h a: x\ty\u0001\"\r\n\0"))
                .endsWith("\"message\":\"x\\ty\\u0001\\\"\"}");
        assertThat(read("<34>1 - - - - - - \ufeffü\nsecond line")).endsWith("\"message\":\"ü\\nsecond line\"}");
        assertThat(read("<34>ü".getBytes(ISO_8859_1), "10.0.0.7"))
                .isEqualTo("{%s,\"message\":\"ü\",\"sender\":\"10.0.0.7\",\"syslog_error\":\"%s\"}"
                        .formatted(AUTH, "it is not in UTF-8, and was read as ISO 8859-1"));
    }

    @Test
    void whateverComesIsAnEvent() throws NotAnEventException {
        List<String> seeds = List.of(
                "<34>1 2003-10-11T22:14:15.003Z h su 1 ID47 [a@1 k=\"v\\]\"][b c=\"\"] m",
                "<34>29: *Feb  1 2026 18:48:50.483 UTC: %SYS-5-CONFIG_I[12]: Configured",
                "<34>Oct 11 22:14:15 mymachine su[1]: 'su root' failed");
        Random random = new Random(7);
        EventReader events = new EventReader(Shape.empty(), NOW);
        for (int i = 0; i < 30_000; i++) {
            byte[] bytes = seeds.get(i % seeds.size()).getBytes(UTF_8);
            byte[] odd = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            for (int change = random.nextInt(4); change > 0 && odd.length > 0; change--) {
                odd[random.nextInt(odd.length)] =
                        random.nextBoolean() ? bytes[random.nextInt(bytes.length)] : (byte) random.nextInt(256);
            }
            byte[] event = read(odd, "").getBytes(UTF_8);
            events.read(event, 0, event.length, new Bytes());
        }
    }

    private static String read(String message) {
        return read(message.getBytes(UTF_8), "");
    }

    private static String read(byte[] message, String sender) {
        Bytes event = new Bytes();
        // Its surroundings are not its own.
        Bytes among = new Bytes();
        among.ascii("<1>[\"");
        among.writeBytes(message);
        among.ascii("\"]: ");
        Frame frame = new Frame(among.array(), 5, 5 + message.length, message.length, sender, Optional.empty());
        new SyslogReader(NOW, ZONE).read(frame, event);
        return event.toString(UTF_8);
    }
}
