package com.bytefreezer.connector.receive;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Optional;

/** Reads the time of a message of syslog, in the ways that devices write it. For one thread. */
final class SyslogTime {
    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final int EARLIER = 8;
    private static final long DAY_SECONDS = 86_400;

    private final Instant received;
    private final ZoneId zone;
    private byte[] text = {};
    private int at;
    private int limit;
    private int start;
    private Instant read = Instant.EPOCH;
    private Instant written = Instant.EPOCH;
    private String utc = "1970-01-01T00:00:00Z";

    /**
     * A reader.
     *
     * @param received in milliseconds; a time without a year is not later than a day after it
     * @param zone of times that name none
     */
    SyslogTime(long received, ZoneId zone) {
        this.received = Instant.ofEpochMilli(received);
        this.zone = zone;
    }

    /** Where the text of the last time begins. */
    int start() {
        return start;
    }

    /** Where it ends. */
    int end() {
        return at;
    }

    /** The last time, in UTC. */
    String utc() {
        // Messages come in bursts.
        if (!read.equals(written)) {
            written = read;
            utc = read.toString();
        }
        return utc;
    }

    /** Reads a time as RFC 3164 or ISO 8601 has it, or a device of Cisco; says whether there is one. */
    boolean read(byte[] bytes, int from, int to) {
        if (iso(bytes, from, to)) {
            return true;
        }
        begin(bytes, from, to);
        try {
            // How sure the clock of the device is.
            boolean isMarked = skip('*') || skip('.');
            Optional<Integer> yearBefore =
                    isDigit(at) && !isMarked ? number(4).filter(year -> skip(' ')) : Optional.empty();
            int month = month();
            if (month == 0 || !skip(' ')) {
                return false;
            }
            skip(' ');
            Optional<Integer> day = isDigit(at + 1) ? number(2) : number(1);
            if (day.isEmpty() || !skip(' ')) {
                return false;
            }
            Optional<Integer> year = yearBefore.isPresent() || !isDigit(at + 3)
                    ? yearBefore
                    : number(4).filter(y -> skip(' '));
            Optional<LocalTimeOfDay> time = time();
            if (time.isEmpty()) {
                return false;
            }
            ZoneId own = zoneName();
            if (!endsHere()) {
                return false;
            }
            return year.isPresent()
                    ? set(year.get(), month, day.get(), time.get(), own)
                    : setWithoutYear(month, day.get(), time.get(), own);
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** Reads a time as RFC 5424 has it, also with a space for the T or without a zone; says whether there is one. */
    boolean iso(byte[] bytes, int from, int to) {
        begin(bytes, from, to);
        try {
            Optional<Integer> year = number(4);
            if (year.isEmpty() || !skip('-')) {
                return false;
            }
            Optional<Integer> month = number(2);
            if (month.isEmpty() || !skip('-')) {
                return false;
            }
            Optional<Integer> day = number(2);
            if (day.isEmpty() || !(skip('T') || skip(' ') || skip('t'))) {
                return false;
            }
            Optional<LocalTimeOfDay> time = time();
            if (time.isEmpty()) {
                return false;
            }
            Optional<ZoneId> own = offset();
            return own.isPresent() && endsHere() && set(year.get(), month.get(), day.get(), time.get(), own.get());
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** @param second 60 in a leap second */
    private record LocalTimeOfDay(int hour, int minute, int second, int nano) {}

    private void begin(byte[] bytes, int from, int to) {
        text = bytes;
        start = from;
        at = from;
        limit = to;
    }

    private boolean setWithoutYear(int month, int day, LocalTimeOfDay time, ZoneId own) {
        int now = received.atZone(own).getYear();
        for (int year = now + 1; year >= now - EARLIER; year--) {
            if ((month != 2 || day != 29 || Year.isLeap(year))
                    && set(year, month, day, time, own)
                    && !read.isAfter(received.plusSeconds(DAY_SECONDS))) {
                return true;
            }
        }
        return false;
    }

    private boolean set(int year, int month, int day, LocalTimeOfDay time, ZoneId own) {
        int leap = time.second / 60;
        read = LocalDateTime.of(year, month, day, time.hour, time.minute, time.second - leap, time.nano)
                .atZone(own)
                .toInstant()
                .plusSeconds(leap);
        return true;
    }

    private Optional<LocalTimeOfDay> time() {
        Optional<Integer> hour = number(2);
        if (hour.isEmpty() || !skip(':')) {
            return Optional.empty();
        }
        Optional<Integer> minute = number(2);
        if (minute.isEmpty() || !skip(':')) {
            return Optional.empty();
        }
        Optional<Integer> second = number(2).filter(value -> value <= 60);
        if (second.isEmpty()) {
            return Optional.empty();
        }
        int nano = 0;
        if ((is('.') || is(',')) && isDigit(at + 1)) {
            at++;
            for (int unit = 100_000_000; isDigit(at); unit /= 10) {
                nano += (text[at] - '0') * unit;
                at++;
            }
        }
        return Optional.of(new LocalTimeOfDay(hour.get(), minute.get(), second.get(), nano));
    }

    private Optional<ZoneId> offset() {
        if (skip('Z') || skip('z')) {
            return Optional.of(ZoneOffset.UTC);
        }
        boolean isWest = is('-');
        if (!skip('+') && !skip('-')) {
            return Optional.of(zone);
        }
        Optional<Integer> hours = number(2);
        skip(':');
        Optional<Integer> minutes = isDigit(at) ? number(2) : Optional.of(0);
        if (hours.isEmpty() || minutes.isEmpty()) {
            return Optional.empty();
        }
        int sign = isWest ? -1 : 1;
        return Optional.of(ZoneOffset.ofHoursMinutes(sign * hours.get(), sign * minutes.get()));
    }

    /** As Cisco's devices write it, with a colon after it: any other word may be a host. */
    private ZoneId zoneName() {
        int name = at + 1;
        int nameEnd = name;
        while (nameEnd < limit && text[nameEnd] >= 'A' && text[nameEnd] <= 'Z') {
            nameEnd++;
        }
        boolean isName =
                is(' ') && nameEnd - name >= 3 && nameEnd - name <= 5 && nameEnd < limit && text[nameEnd] == ':';
        if (!isName) {
            return zone;
        }
        at = nameEnd;
        try {
            return ZoneId.of(string(name, nameEnd), ZoneId.SHORT_IDS);
        } catch (DateTimeException e) {
            return zone;
        }
    }

    private boolean endsHere() {
        return at == limit || is(' ') || is(':');
    }

    private int month() {
        if (at + 3 > limit) {
            return 0;
        }
        int place = MONTHS.indexOf(string(at, at + 3).toLowerCase(Locale.ROOT));
        at += 3;
        return place < 0 || place % 3 > 0 ? 0 : place / 3 + 1;
    }

    private String string(int from, int to) {
        return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Exactly so many digits. */
    private Optional<Integer> number(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            if (!isDigit(at + i)) {
                return Optional.empty();
            }
            value = value * 10 + text[at + i] - '0';
        }
        at += digits;
        return Optional.of(value);
    }

    private boolean skip(char one) {
        boolean isThere = is(one);
        at += isThere ? 1 : 0;
        return isThere;
    }

    private boolean is(char one) {
        return at < limit && text[at] == one;
    }

    private boolean isDigit(int place) {
        return place < limit && text[place] >= '0' && text[place] <= '9';
    }
}
