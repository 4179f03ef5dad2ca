/** Files and folders readable only by this user, and locks on them. */
@NullMarked
package com.bytefreezer.connector.disk;

import org.jspecify.annotations.NullMarked;
