package com.bytefreezer.connector.kit;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The events that a certification sends, in batches.
 *
 * @param marker by which they are recognized
 * @param withLong whether one of them is too long
 * @param format of the feed
 * @param certify may have an event of another format
 */
record TrialEvents(Marker marker, boolean withLong, String format, Map<String, String> certify) {
    /** How many are in a batch. */
    static final int BATCH = 10;

    /** As many bytes as an event may have, where one is too long. */
    static final int LONGEST = 1000;

    /** The number of the one that is too long. */
    static final int LONG = 17;

    private static final int PADDING = 480;

    List<Integer> records(int batch) {
        return IntStream.range(batch * BATCH, (batch + 1) * BATCH).boxed().toList();
    }

    String lines(int batch) {
        return records(batch).stream().map(record -> event(record) + "\n").collect(Collectors.joining());
    }

    /** The same for each repeat of a batch. */
    String id(int batch) {
        return "%s-%d".formatted(marker.id, batch);
    }

    private String event(int record) {
        String padding = "x".repeat(withLong && record == LONG ? LONGEST : PADDING);
        String text = marker.text(record) + " logged in";
        String given = certify.get("event");
        if (given != null) {
            return given.replace("{record}", text).replace("{padding}", padding);
        }
        return switch (format) {
            case "text" -> text + " " + padding;
            case "syslog" -> "<34>1 - host certify - - - %s %s".formatted(text, padding);
            default -> "{\"message\":\"%s\",\"padding\":\"%s\"}".formatted(text, padding);
        };
    }
}
