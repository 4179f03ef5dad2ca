/** Feeds that fetch messages from a server, and acknowledge them once their events are on disk. */
@NullMarked
package com.bytefreezer.connector.fetch;

import org.jspecify.annotations.NullMarked;
