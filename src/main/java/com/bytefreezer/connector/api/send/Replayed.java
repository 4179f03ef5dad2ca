package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.operate.Replay;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.jspecify.annotations.Nullable;

/**
 * The result of a replay of dead letters.
 *
 * @param unmatched number of records that stay because the changed query does not select them
 * @param triedAgain number of objects that were set aside and are tried again
 * @param message why records stay dead letters, in one line
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Replayed(
        long replayed,
        long failed,
        long unmatched,
        long triedAgain,
        @Nullable String message) {
    public static Replayed of(Replay.Result result, long triedAgain) {
        return new Replayed(result.replayed(), result.failed(), result.unmatched(), triedAgain, result.message());
    }
}
