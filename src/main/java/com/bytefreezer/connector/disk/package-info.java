/** Files and folders that only this user reads, and locks on them. */
@NullMarked
package com.bytefreezer.connector.disk;

import org.jspecify.annotations.NullMarked;
