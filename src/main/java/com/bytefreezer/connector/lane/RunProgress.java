package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;
import java.time.Duration;

/**
 * The progress of a run.
 *
 * @param objects delivered completely
 * @param counts of the records, including those of objects not complete yet
 * @param lasting the time since it began; zero if there is no run
 */
public record RunProgress(long objects, Counts counts, Duration lasting) {}
