/** Feeds that read streams of Kinesis. */
@NullMarked
package com.bytefreezer.connector.input.kinesis;

import org.jspecify.annotations.NullMarked;
