package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.operate.DeadLetterPage.Letter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The reasons of dead letters, each with the number of its records and one of them.
 *
 * @param total the number of all dead letters
 * @param reasons the most frequent first
 * @param truncated whether there are more reasons
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DeadLetterReasons(long total, List<Reason> reasons, boolean truncated) {
    private static final int MOST = 20;
    /** The maximum number of different reasons. */
    private static final int MOST_COUNTED = 1000;
    /** The parts that differ between records: quoted values, lists, ids (with a digit) and numbers. */
    private static final Pattern VALUE = Pattern.compile(
            "'[^']*'|\"[^\"]*\"|\\[[^\\]]*]|(?<![0-9A-Za-z])(?=[A-Za-z_-]{0,40}\\d)[0-9A-Za-z_-]{8,}(?![0-9A-Za-z])|\\d+(?:[.:]\\d+)*");

    /** One reason, with … in place of values. */
    public record Reason(String reason, long count, Letter example) {
        private Reason more() {
            return new Reason(reason, count + 1, example);
        }
    }

    /** The common text of similar letters, with … in place of values. */
    static String common(String reason) {
        return VALUE.matcher(reason).replaceAll("…");
    }

    /** Whether a line has a reason as {@link Reason} writes it. */
    static boolean has(String reason, DeadLetterLine line) {
        return common(line.letter().map(DeadLetter::reason).orElseGet(line::problem))
                .equals(reason);
    }

    /** The ids of letters with a reason as {@link Reason} writes it. */
    public static Set<String> ids(DeadLetters letters, Lane lane, String reason) {
        return letters.lines(lane)
                .filter(line -> has(reason, line))
                .map(DeadLetterLine::id)
                .collect(Collectors.toSet());
    }

    /** Reads all dead letters of a lane in order. */
    public static DeadLetterReasons of(DeadLetters letters, Lane lane) {
        Map<String, Reason> found = new LinkedHashMap<>();
        letters.lines(lane).map(Letter::of).forEach(letter -> {
            String reason = common(letter.reason());
            Reason known = found.get(reason);
            if (known != null) {
                found.put(reason, known.more());
            } else if (found.size() < MOST_COUNTED) {
                found.put(reason, new Reason(reason, 1, letter));
            }
        });
        return new DeadLetterReasons(
                letters.count(lane),
                found.values().stream()
                        .sorted(Comparator.comparingLong(Reason::count).reversed())
                        .limit(MOST)
                        .toList(),
                found.size() > MOST);
    }
}
