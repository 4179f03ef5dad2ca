package com.bytefreezer.connector.receive;

import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads messages of syslog, by RFC 5424 or RFC 3164 or as devices send them, and writes each as an object of JSON. Every
 * message becomes one: what cannot be read stays in the member {@code message}, and {@code syslog_error} says why. For one
 * thread.
 */
final class SyslogReader {
    private static final int LONGEST_TAG = 128;
    private static final byte[] TIMESTAMP = member("timestamp");
    private static final byte[] HOSTNAME = member("hostname");
    private static final byte[] APP_NAME = member("app_name");
    private static final byte[] PROC_ID = member("proc_id");
    private static final byte[] MSG_ID = member("msg_id");
    private static final byte[] STRUCTURED_DATA = member("structured_data");
    private static final byte[] SEQUENCE = member("sequence");
    private static final byte[] MESSAGE = member("message");
    private static final byte[] SENDER = member("sender");
    private static final byte[] ERROR = member("syslog_error");
    private static final byte[][] HEADER = {HOSTNAME, APP_NAME, PROC_ID, MSG_ID};

    private final SyslogTime time;
    private byte[] text = {};
    private int at;
    private int end;
    private Bytes out = new Bytes();

    /**
     * A reader.
     *
     * @param received when the messages arrive, in milliseconds: it gives a time its year
     * @param zone of times that name none
     */
    SyslogReader(long received, ZoneId zone) {
        time = new SyslogTime(received, zone);
    }

    void read(Frame frame, Bytes into) {
        byte[] utf8 = Utf8.of(frame.bytes(), frame.start(), frame.end());
        boolean isUtf8 = utf8 == frame.bytes();
        text = utf8;
        at = isUtf8 ? frame.start() : 0;
        end = isUtf8 ? frame.end() : utf8.length;
        out = into;
        out.write('{');
        Optional<String> flaw = message()
                .or(frame::flaw)
                .or(() -> isUtf8 ? Optional.empty() : Optional.of("it is not in UTF-8, and was read as ISO 8859-1"));
        if (!frame.sender().isEmpty()) {
            ascii(SENDER, frame.sender());
        }
        flaw.ifPresent(why -> ascii(ERROR, why));
        out.write('}');
    }

    /** Says what is wrong with it. */
    private Optional<String> message() {
        skipMark();
        while (end > at && (is(end - 1, '\n') || is(end - 1, '\r') || is(end - 1, '\0'))) {
            end--;
        }
        int start = at;
        while (is(at, ' ') || is(at, '\n') || is(at, '\r')) {
            at++;
        }
        Optional<Integer> priority = priority();
        priority.ifPresent(value -> out.writeBytes(SyslogPriority.members(value)));
        int header = at;
        if (priority.isPresent() && isVersion()) {
            Optional<String> flaw = newer();
            if (at != header) {
                return flaw;
            }
        }
        boolean hasTime = older(priority.isPresent());
        if (priority.isPresent()) {
            rest();
            return Optional.empty();
        }
        if (!hasTime) {
            at = start;
        }
        rest();
        return Optional.of("it has no priority");
    }

    /** Of the order of bytes. */
    private void skipMark() {
        if (end - at >= 3 && text[at] == (byte) 0xef && text[at + 1] == (byte) 0xbb && text[at + 2] == (byte) 0xbf) {
            at += 3;
        }
    }

    private Optional<Integer> priority() {
        if (!is(at, '<')) {
            return Optional.empty();
        }
        int close = at + 1;
        int value = 0;
        while (isDigit(close) && close < at + 4) {
            value = value * 10 + text[close] - '0';
            close++;
        }
        if (close == at + 1 || !is(close, '>') || value > SyslogPriority.HIGHEST) {
            return Optional.empty();
        }
        at = close + 1;
        return Optional.of(value);
    }

    private boolean isVersion() {
        int space = at;
        while (isDigit(space) && space < at + 3) {
            space++;
        }
        return space > at && !is(at, '0') && is(space, ' ');
    }

    /** By RFC 5424. Leaves {@link #at} where it is, if it does not begin so. */
    private Optional<String> newer() {
        int begin = at;
        at = wordEnd(at) + 1;
        if (is(at, '-') && is(at + 1, ' ')) {
            at += 2;
        } else if (time.iso(text, at, end) && is(time.end(), ' ')) {
            writeTime();
            at = time.end() + 1;
        } else {
            at = begin;
            return Optional.empty();
        }
        for (byte[] name : HEADER) {
            int wordEnd = wordEnd(at);
            if (wordEnd > at && !(wordEnd == at + 1 && is(at, '-'))) {
                member(name, at, wordEnd);
            }
            at = wordEnd;
            if (at == end) {
                member(MESSAGE, at, end);
                return Optional.of("its header is not complete");
            }
            at++;
        }
        boolean hasData = structuredData();
        if (is(at, ' ')) {
            at++;
        }
        skipMark();
        rest();
        return hasData ? Optional.empty() : Optional.of("its structured data cannot be read");
    }

    private boolean structuredData() {
        if (is(at, '-') && (at + 1 == end || is(at + 1, ' '))) {
            at++;
            return true;
        }
        // As DuckDB compares them, names that differ only in case are one.
        Map<String, Map<String, List<String>>> elements = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        int start = at;
        while (is(at, '[')) {
            at++;
            int idEnd = nameEnd(at, " ]");
            Map<String, List<String>> values =
                    elements.computeIfAbsent(string(at, idEnd), id -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER));
            at = idEnd;
            while (is(at, ' ')) {
                at++;
                int nameEnd = nameEnd(at, "= ]");
                if (is(nameEnd, '=') && is(nameEnd + 1, '"')) {
                    String name = string(at, nameEnd);
                    at = nameEnd + 2;
                    values.computeIfAbsent(name, one -> new ArrayList<>()).add(quotedValue());
                }
            }
            if (!is(at, ']')) {
                at = start;
                return false;
            }
            at++;
        }
        if (at == start || (at < end && !is(at, ' '))) {
            at = start;
            return false;
        }
        writeStructuredData(elements);
        return true;
    }

    /** Ends after the closing quotation mark, or at the end. */
    private String quotedValue() {
        Bytes value = new Bytes();
        while (at < end && text[at] != '"') {
            if (is(at, '\\') && (is(at + 1, '"') || is(at + 1, '\\') || is(at + 1, ']'))) {
                at++;
            }
            value.write(text[at]);
            at++;
        }
        at++;
        return value.toString(StandardCharsets.UTF_8);
    }

    private void writeStructuredData(Map<String, Map<String, List<String>>> elements) {
        begin(STRUCTURED_DATA);
        out.write('{');
        String between = "";
        for (var element : elements.entrySet()) {
            out.ascii(between);
            string(element.getKey());
            out.ascii(":{");
            String inner = "";
            for (var value : element.getValue().entrySet()) {
                out.ascii(inner);
                string(value.getKey());
                out.write(':');
                // A name may come several times; a list would change the type of the column.
                string(String.join(",", value.getValue()));
                inner = ",";
            }
            out.write('}');
            between = ",";
        }
        out.write('}');
    }

    /** By RFC 3164 or as devices send it; returns whether it has a time. */
    private boolean older(boolean hasPriority) {
        while (is(at, ' ')) {
            at++;
        }
        int sequence = sequenceEnd(at);
        int afterSequence = sequence == at ? at : sequence + 2;
        int device = is(wordEnd(afterSequence) - 1, ':') ? wordEnd(afterSequence) + 1 : afterSequence;
        boolean hasTime = time.read(text, at, end);
        boolean isOfDevice = false;
        if (!hasTime && afterSequence > at) {
            hasTime = time.read(text, afterSequence, end);
        }
        if (!hasTime && device > afterSequence && device < end) {
            isOfDevice = time.read(text, device, end);
            hasTime = isOfDevice;
        }
        if (!hasPriority && !hasTime) {
            return false;
        }
        if (hasTime ? time.start() > at : sequence > at) {
            if (sequence > at) {
                member(SEQUENCE, at, sequence);
            }
            at = afterSequence;
        }
        if (hasTime) {
            writeTime();
            if (isOfDevice && device - 2 > at) {
                member(HOSTNAME, at, device - 2);
            }
            at = time.end();
            if (is(at, ':')) {
                at++;
            }
            while (is(at, ' ')) {
                at++;
            }
            if (!isOfDevice) {
                host();
            }
        }
        tag();
        return hasTime;
    }

    /** Of a number that a device counts its messages with, as {@code 123: }; otherwise {@code from}. */
    private int sequenceEnd(int from) {
        int to = from;
        while (isDigit(to)) {
            to++;
        }
        return to > from && is(to, ':') && is(to + 1, ' ') ? to : from;
    }

    /** A word after the time, unless it is a tag. */
    private void host() {
        int wordEnd = wordEnd(at);
        boolean isTag = is(at, '%') || is(wordEnd - 1, ':') || nameEnd(at, "[") < wordEnd;
        if (wordEnd == at || wordEnd == end || isTag) {
            return;
        }
        member(HOSTNAME, at, wordEnd);
        at = wordEnd + 1;
        if (is(at, ':') && is(at + 1, ' ')) {
            at += 2;
        }
    }

    /** {@code su: }, {@code sshd[71]: } or {@code %ASA-6-302013: }. */
    private void tag() {
        int tagEnd = nameEnd(at, " :[");
        if (tagEnd == at || tagEnd - at > LONGEST_TAG) {
            return;
        }
        if (is(tagEnd, ':') && (tagEnd + 1 == end || is(tagEnd + 1, ' '))) {
            member(APP_NAME, at, tagEnd);
            at = tagEnd + 1;
        } else if (is(tagEnd, '[')) {
            int close = nameEnd(tagEnd + 1, " ]");
            if (close == tagEnd + 1 || !is(close, ']') || !(is(close + 1, ':') || is(close + 1, ' '))) {
                return;
            }
            member(APP_NAME, at, tagEnd);
            member(PROC_ID, tagEnd + 1, close);
            at = is(close + 1, ':') ? close + 2 : close + 1;
        } else {
            return;
        }
        if (is(at, ' ')) {
            at++;
        }
    }

    private void writeTime() {
        ascii(TIMESTAMP, time.utc());
    }

    private void rest() {
        member(MESSAGE, at, end);
    }

    private void ascii(byte[] name, String value) {
        begin(name);
        out.write('"');
        out.ascii(value);
        out.write('"');
    }

    private void member(byte[] name, int from, int to) {
        begin(name);
        out.write('"');
        out.quoted(text, from, to);
        out.write('"');
    }

    /** @param name with a comma before it */
    private void begin(byte[] name) {
        int skipped = out.array()[out.size() - 1] == '{' ? 1 : 0;
        out.write(name, skipped, name.length - skipped);
    }

    private static byte[] member(String name) {
        return ",\"%s\":".formatted(name).getBytes(StandardCharsets.US_ASCII);
    }

    private void string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        out.write('"');
        out.quoted(utf8, 0, utf8.length);
        out.write('"');
    }

    private String string(int from, int to) {
        return new String(text, from, to - from, StandardCharsets.UTF_8);
    }

    private int wordEnd(int from) {
        return nameEnd(from, " ");
    }

    private int nameEnd(int from, String ends) {
        int to = from;
        while (to < end && ends.indexOf(text[to]) < 0) {
            to++;
        }
        return Math.min(to, end);
    }

    private boolean isDigit(int place) {
        return place < end && text[place] >= '0' && text[place] <= '9';
    }

    private boolean is(int place, char one) {
        return place >= 0 && place < end && text[place] == one;
    }
}
