package com.bytefreezer.connector.kit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that identifies records wherever they appear, in any format: {@code certify-x4k9-000017}. The middle part
 * belongs to one fault, so that records of other faults do not count.
 */
final class Marker {
    private static final int BASE = 36;

    /** Tells it from others, in lower case. */
    final String id;

    private final String text;
    private final Pattern pattern;

    private Marker(String id) {
        this.id = id;
        text = "certify-" + id + "-";
        pattern = Pattern.compile(text + "(\\d{6})");
    }

    /** A new, unique marker. */
    static Marker unique() {
        long any = ThreadLocalRandom.current().nextLong(1L << 40);
        return new Marker(Long.toString(any, BASE));
    }

    /** SQL for the text that marks record {@code n}. */
    String sql(String n) {
        return "'%s' || lpad(%s::VARCHAR, 6, '0')".formatted(text, n);
    }

    /** The text that marks record {@code number}. */
    String text(int number) {
        return text + "%06d".formatted(number);
    }

    /** The records in a text, in order, each as often as it occurs. */
    List<Integer> records(String text) {
        List<Integer> records = new ArrayList<>();
        Matcher markers = pattern.matcher(text);
        while (markers.find()) {
            records.add(Integer.parseInt(markers.group(1)));
        }
        return records;
    }
}
