package com.bytefreezer.connector.signs;

import java.time.Duration;
import java.time.Instant;

/**
 * An export waits for a neighbour, and tries again.
 *
 * @param since when that began, by the machine's clock
 * @param why in one line, without a full stop
 * @param stands whether it stands still meanwhile
 * @param lasting how long that is, whatever the machine's clock does
 */
public record Retrying(Instant since, String why, boolean stands, Duration lasting) {}
