package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;

/**
 * The progress of a run.
 *
 * @param objects delivered completely
 * @param counts of the records, including those of objects not complete yet
 */
public record RunProgress(long objects, Counts counts) {}
