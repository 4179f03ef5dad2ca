package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.cursor.Counts;

/**
 * How far a run is.
 *
 * @param objects delivered completely
 * @param counts of the records, also of objects that are not complete yet
 */
public record RunProgress(long objects, Counts counts) {}
