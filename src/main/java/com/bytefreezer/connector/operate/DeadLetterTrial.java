package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.operate.DeadLetterPage.Letter;
import com.bytefreezer.connector.operate.Replay.Remade;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a changed query makes of dead letters; nothing is sent.
 *
 * @param tried how many dead letters were tried
 * @param matched how many of them it selects
 * @param unmatched how many it does not select
 * @param failed how many cannot be made anew
 * @param message the reason in one line; null if none failed
 * @param records the first of those that it selects
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DeadLetterTrial(
        long tried,
        long matched,
        long unmatched,
        long failed,
        @Nullable String message,
        List<Example> records) {
    /** The most dead letters that are tried. */
    static final int MOST = 1000;

    private static final int SHOWN = 20;

    /** A dead letter as it is, and as the changed query makes it. */
    public record Example(Letter before, Letter after) {}

    static DeadLetterTrial of(List<DeadLetterLine> lines, Remade remade) {
        Map<String, Letter> shown = new LinkedHashMap<>();
        remade.lines().stream().limit(SHOWN).forEach(line -> shown.put(line.id(), Letter.of(line)));
        return new DeadLetterTrial(
                lines.size(),
                remade.lines().size(),
                remade.unmatched(),
                remade.failed(),
                remade.why(),
                lines.stream()
                        .flatMap(line -> Optional.ofNullable(shown.remove(line.id())).stream()
                                .map(after -> new Example(Letter.of(line), after)))
                        .toList());
    }
}
