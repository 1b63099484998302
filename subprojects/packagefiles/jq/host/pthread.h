/* pthread.h - there are no threads here: libjq includes it and uses nothing of it. */
