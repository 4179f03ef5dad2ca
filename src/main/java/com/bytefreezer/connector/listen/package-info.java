/** Servers for senders that get no answer, over TCP and UDP. */
@NullMarked
package com.bytefreezer.connector.listen;

import org.jspecify.annotations.NullMarked;
