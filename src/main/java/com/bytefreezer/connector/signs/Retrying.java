package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.time.Instant;

/**
 * An export waits for a neighbour and retries.
 *
 * @param since start, by the machine's clock
 * @param why in one line, without a full stop
 * @param stands whether the export makes no progress meanwhile
 * @param lasting duration, independent of the machine's clock
 */
public record Retrying(Instant since, String why, boolean stands, Duration lasting) {}
