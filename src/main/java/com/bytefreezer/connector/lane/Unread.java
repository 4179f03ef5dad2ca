package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.text.PlainText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The objects that a run could not read, by reason, for the final message of the run. Not safe for use by several
 * threads.
 */
final class Unread {
    private static final int MOST_REASONS = 3;
    private static final int MOST_NAMES = 3;
    private static final int MOST_LINES = 10;

    private static final int MOST_LISTED = 100;

    private final List<FailedObject> listed = new ArrayList<>();
    private final Map<String, Same> reasons = new LinkedHashMap<>();

    private int objects;
    private int units;
    private boolean whole;

    void add(Unit unit, String reason) {
        objects += unit.objects().size();
        units++;
        if (listed.size() < MOST_LISTED) {
            listed.add(new FailedObject(unit.toString(), PlainText.line(reason)));
        }
        whole |= unit.isWhole();
        // DuckDB names the object in most of its messages; without the name, equal reasons appear only once.
        String common = reason;
        for (LakeObject object : unit.objects().size() == 1 ? unit.objects() : List.<LakeObject>of()) {
            common = common.replace("\"" + object.url() + "\"", "it").replace(object.url(), "it");
        }
        if (reasons.containsKey(common) || reasons.size() < MOST_REASONS) {
            reasons.computeIfAbsent(common, first -> new Same()).add(unit.toString());
        }
    }

    /** The first of them. */
    List<FailedObject> listed() {
        return List.copyOf(listed);
    }

    /** Whether there are so few that each is worth a line. */
    boolean isFew() {
        return units <= MOST_LINES;
    }

    boolean isEmpty() {
        return units == 0;
    }

    /**
     * The number, the names and the reasons: {@code 2 objects could not be read and stay undelivered: a, b (IO Error:
     * …)}.
     */
    @Override
    public String toString() {
        String all = reasons.entrySet().stream()
                .map(one -> "%s (%s)".formatted(one.getValue(), one.getKey()))
                .collect(Collectors.joining("; "));
        if (whole) {
            return "the query over %d objects failed, and they stay undelivered: %s".formatted(objects, all);
        }
        int told = reasons.values().stream().mapToInt(same -> same.units).sum();
        return "%s undelivered: %s%s"
                .formatted(
                        objects == 1
                                ? "1 object could not be read and stays"
                                : objects + " objects could not be read and stay",
                        all,
                        told < units ? "; others for other reasons" : "");
    }

    /** Units with the same reason, some of them by name. */
    private static final class Same {
        private final List<String> names = new ArrayList<>();
        private int units;

        void add(String name) {
            units++;
            if (names.size() < MOST_NAMES) {
                names.add(name);
            }
        }

        @Override
        public String toString() {
            String first = String.join(", ", names);
            return units == names.size() ? first : "%s and %d more".formatted(first, units - names.size());
        }
    }
}
