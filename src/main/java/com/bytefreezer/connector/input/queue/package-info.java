/** Feeds that fetch messages from a server, and acknowledge them once their events are on disk. */
@NullMarked
package com.bytefreezer.connector.input.queue;

import org.jspecify.annotations.NullMarked;
