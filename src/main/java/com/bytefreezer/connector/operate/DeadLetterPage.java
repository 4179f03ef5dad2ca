package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of the dead letters of a lane, as the API shows them.
 *
 * @param total the number of all dead letters
 */
@JsonNaming(SnakeCaseStrategy.class)
public record DeadLetterPage(long total, List<Letter> deadLetters) {
    private static final int USUAL = 100;
    private static final int MOST = 1000;

    /** A dead letter, or a line that is not one, with its problem as the reason. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Letter(
            String id,
            String reason,
            String object,
            long recordNumber,
            @Nullable String at,
            @JsonRawValue String record) {
        private static final int LONGEST_RECORD = 1_000_000;
        private static final int EXCERPT = 1000;

        static Letter of(DeadLetterLine line) {
            return line.letter()
                    .map(letter -> new Letter(
                            letter.id(),
                            letter.reason(),
                            letter.object(),
                            letter.recordNumber(),
                            letter.time(),
                            shown(letter)))
                    .orElseGet(() -> new Letter(line.id(), line.problem(), "", 0, null, "null"));
        }

        /** The record as JSON, or as text if it is too long, too deep or not JSON; it must not spoil the answer. */
        private static String shown(DeadLetter letter) {
            if (letter.json().length > LONGEST_RECORD) {
                String begin = new String(letter.json(), 0, EXCERPT, StandardCharsets.UTF_8);
                return quoted("%s… (%,d bytes)".formatted(begin, letter.json().length));
            }
            return Json.isDocument(letter.record()) ? letter.record() : quoted(letter.record());
        }

        private static String quoted(String text) {
            return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
        }
    }

    /**
     * Reads file by file, and only as far as necessary.
     *
     * @param offset the number to leave out, and
     * @param limit the most to show; both as in the request, null if not given
     * @param reason shows only this reason, as {@link DeadLetterReasons} writes it; null for all
     * @throws ApiException if one of them is not a whole number
     */
    public static DeadLetterPage of(
            DeadLetters letters, Lane lane, @Nullable String offset, @Nullable String limit, @Nullable String reason) {
        return new DeadLetterPage(
                reason == null
                        ? letters.count(lane)
                        : DeadLetterReasons.ids(letters, lane, reason).size(),
                letters.lines(lane)
                        .filter(line -> reason == null || DeadLetterReasons.has(reason, line))
                        .skip(ApiException.number("offset", offset, 0))
                        .limit(Math.min(ApiException.number("limit", limit, USUAL), MOST))
                        .map(Letter::of)
                        .toList());
    }
}
