/** Servers for senders that get no answer, over TCP and UDP. */
@NullMarked
package com.bytefreezer.connector.input.socket;

import org.jspecify.annotations.NullMarked;
